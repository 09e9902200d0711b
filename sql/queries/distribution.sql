-- durations of each cell's interpreters, start to exit, over completed repetitions: quantiles from min to max
WITH summary AS (  -- from the durations kept at collection, not the view interpreters: millions are sorted there
    SELECT latest.cell_id,
           sum(durations.count) AS measured,
           min(durations.min_ns) / 1e9 AS min_s,
           packed_quantiles(durations.packed, '[0.05, 0.25, 0.5, 0.75, 0.95, 0.99]') AS quantiles_ns,
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
       round(json_extract(summary.quantiles_ns, '$[0]') / 1e9, 6) AS p5_s,
       round(json_extract(summary.quantiles_ns, '$[1]') / 1e9, 6) AS q1_s,
       round(json_extract(summary.quantiles_ns, '$[2]') / 1e9, 6) AS median_s,
       round(json_extract(summary.quantiles_ns, '$[3]') / 1e9, 6) AS q3_s,
       round(json_extract(summary.quantiles_ns, '$[4]') / 1e9, 6) AS p95_s,
       round(json_extract(summary.quantiles_ns, '$[5]') / 1e9, 6) AS p99_s,
       round(summary.max_s, 6) AS max_s,
       summary.outliers,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
LEFT JOIN summary ON summary.cell_id = cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
