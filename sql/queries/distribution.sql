-- durations of each cell's interpreters, start to exit, over completed repetitions: quantiles from min to max
WITH measured AS (  -- from the tables, not the view interpreters: only numbers are sorted
    SELECT latest.cell_id,
           (interpreter.exit_ns - interpreter.start_ns) / 1e9 AS duration_s
    FROM latest
    JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
    JOIN interpreter ON interpreter.gaggle_id = gaggle.id
    WHERE latest.state = 'COMPLETED'
),
summary AS (
    SELECT cell_id,
           count(*) AS measured,
           min(duration_s) AS min_s,
           quantile(duration_s, 0.05) AS p5_s,
           quantile(duration_s, 0.25) AS q1_s,
           median(duration_s) AS median_s,
           mad(duration_s) AS mad_s,
           quantile(duration_s, 0.75) AS q3_s,
           quantile(duration_s, 0.95) AS p95_s,
           quantile(duration_s, 0.99) AS p99_s,
           max(duration_s) AS max_s
    FROM measured
    GROUP BY cell_id
),
flagged AS (
    SELECT measured.cell_id,
           sum(abs(modified_z(measured.duration_s, summary.median_s, summary.mad_s)) > 3.5) AS outliers
    FROM measured
    JOIN summary ON summary.cell_id = measured.cell_id
    GROUP BY measured.cell_id
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
       flagged.outliers,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
LEFT JOIN summary ON summary.cell_id = cells.cell_id
LEFT JOIN flagged ON flagged.cell_id = cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
