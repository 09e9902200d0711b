-- declared cache states: how each cell's nodes reached them, in what share it was verified, and what speaks against it
WITH summary AS (  -- from what is kept at collection; the view caches goes through all nodes, and latest through more joins
    SELECT attempt.cell_id,
           cache.asked,
           cache.method,
           sum(cache.times) AS times,
           sum(cache.verified) AS verified,
           packed_quantile(cache.packed, 0.5) / 1e9 AS resident,
           min(cache.reason) AS reason,
           min(cache.not_covered) AS not_covered
    FROM attempt
    JOIN cache_summary AS cache ON cache.attempt_id = attempt.id
    WHERE attempt.id IN (SELECT max(id) FROM attempt GROUP BY cell_id, repetition)
    GROUP BY attempt.cell_id, cache.asked, cache.method
)
SELECT experiment.name AS experiment, experiment.launcher, environment.name AS environment,
       cell.nodes, cell.interpreters,
       summary.asked,
       summary.method,
       summary.times,
       round(1.0 * summary.verified / summary.times, 3) AS verified,
       round(summary.resident, 4) AS resident,
       CASE WHEN summary.asked = 'cold' AND summary.verified < summary.times THEN 'PERHAPS NOT COLD' END AS warning,
       summary.reason,
       summary.not_covered
FROM summary
JOIN cell ON cell.id = summary.cell_id
JOIN environment ON environment.id = cell.environment_id
JOIN experiment ON experiment.id = cell.experiment_id
WHERE cell.role = 'measured'
ORDER BY experiment.id, environment.name, cell.interpreters, cell.nodes, summary.method;
