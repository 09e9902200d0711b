-- individual times of as many interpreters in all: the five numbers of Tukey's box plot, whiskers within 1.5 boxes
WITH timed AS (
    SELECT experiment_id, environment, total, time_s
    FROM individual
    WHERE state = 'COMPLETED'
        AND time_s > 0
        AND (launcher = 'imported' OR attempt_id IN (SELECT attempt_id FROM latest))
        AND experiment_id IN (SELECT value FROM json_each(:experiments))
),
boxed AS (
    SELECT experiment_id, environment, total,
           count(*) AS gaggles,
           quantile(time_s, 0.25) AS q1_s,
           quantile(time_s, 0.5) AS median_s,
           quantile(time_s, 0.75) AS q3_s,
           min(time_s) AS min_s,
           max(time_s) AS max_s
    FROM timed
    GROUP BY experiment_id, environment, total
)
SELECT boxed.experiment_id, boxed.environment, boxed.total, boxed.gaggles,
       boxed.min_s,
       min(timed.time_s) AS low_s,
       boxed.q1_s, boxed.median_s, boxed.q3_s,
       max(timed.time_s) AS high_s,
       boxed.max_s
FROM boxed
JOIN timed
    ON timed.experiment_id = boxed.experiment_id
    AND timed.environment = boxed.environment
    AND timed.total = boxed.total
    AND timed.time_s BETWEEN boxed.q1_s - 1.5 * (boxed.q3_s - boxed.q1_s)
        AND boxed.q3_s + 1.5 * (boxed.q3_s - boxed.q1_s)
GROUP BY boxed.experiment_id, boxed.environment, boxed.total
ORDER BY boxed.experiment_id, boxed.environment, boxed.total;
