-- overall time of each cell, first start to last exit over all nodes: median, 95 % interval (n ≥ 5), min, max
WITH measured AS (
    SELECT cell_id, time_s, spread_s
    FROM overall
    WHERE state = 'COMPLETED'
        AND attempt_id IN (SELECT attempt_id FROM latest)
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       cells.completed, cells.failed,
       round(median(measured.time_s), 3) AS median_s,
       round(median_low(measured.time_s), 3) AS low_s,
       round(median_high(measured.time_s), 3) AS high_s,
       round(min(measured.time_s), 3) AS min_s,
       round(max(measured.time_s), 3) AS max_s,
       round(max(measured.spread_s), 6) AS max_spread_s
FROM cells
LEFT JOIN measured ON measured.cell_id = cells.cell_id
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
