-- was each cell's first repetition much slower: slower than all others and than 1.5 times their median; of 3 others at least
WITH timed AS (
    SELECT overall.cell_id,
           overall.time_s,
           row_number() OVER (PARTITION BY overall.cell_id ORDER BY attempt.began_unix_ns, attempt.id) AS turn
    FROM overall
    JOIN attempt ON attempt.id = overall.attempt_id
    WHERE overall.state = 'COMPLETED'
        AND overall.launcher <> 'imported'  -- in whose files they are sorted
        AND overall.attempt_id IN (SELECT attempt_id FROM latest)
),
compared AS (
    SELECT cell_id,
           count(*) - 1 AS others,
           max(CASE WHEN turn = 1 THEN time_s END) AS first_s,
           median(CASE WHEN turn > 1 THEN time_s END) AS median_s,
           max(CASE WHEN turn > 1 THEN time_s END) AS max_s
    FROM timed
    GROUP BY cell_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       experiment.cache,
       compared.others,
       round(compared.first_s, 3) AS first_s,
       round(compared.median_s, 3) AS median_s,
       round(compared.max_s, 3) AS max_s,
       round(compared.first_s / compared.median_s, 2) AS ratio,
       CASE
           WHEN compared.others >= 3
           THEN compared.first_s > compared.max_s AND compared.first_s > 1.5 * compared.median_s
       END AS much_slower,
       cells.completed, cells.failed,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
JOIN experiment ON experiment.id = cells.experiment_id
LEFT JOIN compared ON compared.cell_id = cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
