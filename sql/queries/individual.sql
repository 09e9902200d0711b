-- individual time of each cell, one node's first start to last exit: median, min, max over nodes and repetitions
WITH measured AS (
    SELECT cell_id, time_s
    FROM individual
    WHERE state = 'COMPLETED'
        AND (attempt_id IN (SELECT attempt_id FROM latest) OR launcher = 'imported')
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       cells.completed, cells.failed,
       count(measured.time_s) AS gaggles,
       round(median(measured.time_s), 3) AS median_s,
       round(min(measured.time_s), 3) AS min_s,
       round(max(measured.time_s), 3) AS max_s,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
LEFT JOIN measured ON measured.cell_id = cells.cell_id
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
