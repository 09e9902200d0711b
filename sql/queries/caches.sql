-- declared cache states: how each cell's nodes reached them, in what share it was verified, and what speaks against it
WITH summary AS (  -- from what is kept at collection, not the view caches: it goes through all nodes
    SELECT latest.cell_id,
           cache.asked,
           cache.method,
           sum(cache.times) AS times,
           sum(cache.verified) AS verified,
           packed_quantile(cache.packed, 0.5) / 1e9 AS resident,
           min(cache.reason) AS reason,
           min(cache.not_covered) AS not_covered
    FROM latest
    JOIN cache_summary AS cache ON cache.attempt_id = latest.attempt_id
    GROUP BY latest.cell_id, cache.asked, cache.method
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       summary.asked,
       summary.method,
       summary.times,
       round(1.0 * summary.verified / summary.times, 3) AS verified,
       round(summary.resident, 4) AS resident,
       CASE WHEN summary.asked = 'cold' AND summary.verified < summary.times THEN 'PERHAPS NOT COLD' END AS warning,
       summary.reason,
       summary.not_covered
FROM summary
JOIN cells ON cells.cell_id = summary.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, summary.method;
