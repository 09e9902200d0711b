-- durations of each cell's interpreters, start to exit, over completed repetitions: quantiles from min to max
WITH summary AS (  -- from the durations kept at collection, not the view interpreters: millions are sorted there
    SELECT latest.cell_id,
           sum(durations.count) AS measured,
           min(durations.min_ns) / 1e9 AS min_s,
           packed_quantile(durations.packed, 0.05) / 1e9 AS p5_s,
           packed_quantile(durations.packed, 0.25) / 1e9 AS q1_s,
           packed_quantile(durations.packed, 0.5) / 1e9 AS median_s,
           packed_quantile(durations.packed, 0.75) / 1e9 AS q3_s,
           packed_quantile(durations.packed, 0.95) / 1e9 AS p95_s,
           packed_quantile(durations.packed, 0.99) / 1e9 AS p99_s,
           max(durations.max_ns) / 1e9 AS max_s,
           packed_outliers(durations.packed) AS outliers
    FROM latest
    JOIN durations ON durations.attempt_id = latest.attempt_id
    WHERE latest.state = 'COMPLETED'
        AND durations.name_id = 0
    GROUP BY latest.cell_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       cells.completed, cells.failed,
       coalesce(summary.measured, 0) AS measured,
       round(summary.min_s, 6) AS min_s,
       round(summary.p5_s, 6) AS p5_s,
       round(summary.q1_s, 6) AS q1_s,
       round(summary.median_s, 6) AS median_s,
       round(summary.q3_s, 6) AS q3_s,
       round(summary.p95_s, 6) AS p95_s,
       round(summary.p99_s, 6) AS p99_s,
       round(summary.max_s, 6) AS max_s,
       summary.outliers,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
LEFT JOIN summary ON summary.cell_id = cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
