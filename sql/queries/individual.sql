-- individual time of each cell, one node's first start to last exit: median, min, max over nodes and repetitions
WITH timed AS (  -- not the view individual: it has all else of each node, too
    SELECT latest.cell_id, gaggle.last_exit_ns - gaggle.first_start_ns AS time_ns
    FROM latest
    JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
    WHERE latest.state = 'COMPLETED'
    UNION ALL
    SELECT cell_id, time_ns
    FROM imported_gaggle
),
measured AS (
    SELECT cell_id,
           count(time_ns) AS gaggles,
           median(time_ns) / 1e9 AS median_s,
           min(time_ns) / 1e9 AS min_s,
           max(time_ns) / 1e9 AS max_s
    FROM timed
    GROUP BY cell_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       cells.completed, cells.failed,
       coalesce(measured.gaggles, 0) AS gaggles,
       round(measured.median_s, 3) AS median_s,
       round(measured.min_s, 3) AS min_s,
       round(measured.max_s, 3) AS max_s,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
LEFT JOIN measured ON measured.cell_id = cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
