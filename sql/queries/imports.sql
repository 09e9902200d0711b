-- time per imported library and cell: median, min and max over the interpreters of completed attempts
WITH summary AS (  -- from the durations kept at collection, not the view imports: millions are sorted there
    SELECT latest.cell_id,
           durations.name_id,
           sum(durations.count) AS imports,
           packed_quantile(durations.packed, 0.5) AS median_ns,
           min(durations.min_ns) AS min_ns,
           max(durations.max_ns) AS max_ns
    FROM latest
    JOIN durations ON durations.attempt_id = latest.attempt_id
    WHERE latest.state = 'COMPLETED'
        AND durations.name_id IN (SELECT id FROM phase_name WHERE name GLOB 'import *')
    GROUP BY latest.cell_id, durations.name_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       substr(phase_name.name, length('import ') + 1) AS library,
       summary.imports,
       round(summary.median_ns / 1e9, 6) AS median_s,
       round(summary.min_ns / 1e9, 6) AS min_s,
       round(summary.max_ns / 1e9, 6) AS max_s,
       cells.completed, cells.failed,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM summary
JOIN cells ON cells.cell_id = summary.cell_id
JOIN phase_name ON phase_name.id = summary.name_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, summary.median_ns DESC, library;
