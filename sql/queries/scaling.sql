-- how overall time grows: exponent of time = factor × nodes^exponent, 95 % interval, R² of the straight line
WITH measured AS (
    SELECT experiment_id, environment, interpreters, nodes, time_s
    FROM overall
    WHERE state = 'COMPLETED'
        AND time_s > 0
        AND attempt_id IN (SELECT attempt_id FROM latest)
),
summary AS (
    SELECT experiment_id, environment, interpreters,
           min(nodes) AS least_nodes,
           max(nodes) AS most_nodes,
           count(DISTINCT nodes) AS sizes,
           exponent(nodes, time_s) AS exponent,
           exponent_low(nodes, time_s) AS low,
           exponent_high(nodes, time_s) AS high,
           r_squared(nodes, time_s) AS r_squared
    FROM measured
    GROUP BY experiment_id, environment, interpreters
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.interpreters,
       summary.least_nodes, summary.most_nodes,
       coalesce(summary.sizes, 0) AS sizes,
       sum(cells.completed) AS completed,
       sum(cells.failed) AS failed,
       round(summary.exponent, 4) AS exponent,
       round(summary.low, 4) AS low,
       round(summary.high, 4) AS high,
       round(summary.r_squared, 4) AS r_squared
FROM cells
LEFT JOIN summary
    ON summary.experiment_id = cells.experiment_id
    AND summary.environment = cells.environment
    AND summary.interpreters = cells.interpreters
GROUP BY cells.experiment_id, cells.environment, cells.interpreters
ORDER BY cells.experiment_id, cells.environment, cells.interpreters;
