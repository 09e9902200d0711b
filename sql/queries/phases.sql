-- time of each phase of an interpreter's life, per cell: median, mean, min and max over completed attempts, imports too
WITH summary AS (  -- from the durations kept at collection, not the view phases: millions are sorted there
    SELECT latest.cell_id,
           durations.name_id,
           min(durations.ordinal) AS ordinal,
           sum(durations.count) AS measured,
           packed_quantile(durations.packed, 0.5) AS median_ns,
           total(durations.sum_ns) / sum(durations.count) AS mean_ns,
           min(durations.min_ns) AS min_ns,
           max(durations.max_ns) AS max_ns
    FROM latest
    JOIN durations ON durations.attempt_id = latest.attempt_id
    WHERE latest.state = 'COMPLETED'
        AND durations.name_id <> 0
    GROUP BY latest.cell_id, durations.name_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       phase_name.name AS phase,
       summary.measured,
       round(summary.median_ns / 1e9, 6) AS median_s,
       round(summary.mean_ns / 1e9, 6) AS mean_s,
       round(summary.min_ns / 1e9, 6) AS min_s,
       round(summary.max_ns / 1e9, 6) AS max_s,
       cells.completed, cells.failed,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM summary
JOIN cells ON cells.cell_id = summary.cell_id
JOIN phase_name ON phase_name.id = summary.name_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, summary.ordinal, phase_name.name;
