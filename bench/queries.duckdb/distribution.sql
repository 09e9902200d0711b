WITH measured AS (
    SELECT cell_id, (exit_ns - start_ns) / 1e9 AS duration_s
    FROM latest
    JOIN processes USING (attempt_id)
    WHERE state = 'COMPLETED'
),
summary AS (
    SELECT cell_id,
           count(*) AS measured,
           quantile_cont(duration_s, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1]) AS q,
           mad(duration_s) AS mad_s
    FROM measured
    GROUP BY cell_id
),
flagged AS (
    SELECT cell_id, count(*) FILTER (abs(0.6745 * (duration_s - q[4]) / mad_s) > 3.5) AS outliers
    FROM measured
    JOIN summary USING (cell_id)
    GROUP BY cell_id
)
SELECT environment, nodes, interpreters, measured,
       round(q[1], 6) AS min_s,
       round(q[2], 6) AS p5_s,
       round(q[3], 6) AS q1_s,
       round(q[4], 6) AS median_s,
       round(q[5], 6) AS q3_s,
       round(q[6], 6) AS p95_s,
       round(q[7], 6) AS p99_s,
       round(q[8], 6) AS max_s,
       outliers
FROM cells
JOIN summary USING (cell_id)
JOIN flagged USING (cell_id)
ORDER BY experiment_id, environment, interpreters, nodes;
