-- change of sentinels' times, else of overall times, from an experiment's first attempt to its last, 95 % interval, p
WITH timed AS (
    SELECT 'sentinels' AS judged_by, experiment_id, cell_id, attempt_id, state, time_s
    FROM sentinels
    UNION ALL
    SELECT 'measured cells', experiment_id, cell_id, attempt_id, state, time_s
    FROM overall
    WHERE experiment_id NOT IN (
        SELECT experiment_id
        FROM sentinels
        WHERE state = 'COMPLETED'
        GROUP BY experiment_id
        HAVING count(*) > 1
    )
),
measured AS (
    SELECT timed.judged_by, timed.experiment_id, timed.cell_id, timed.time_s, attempt.began_unix_ns AS began_ns
    FROM timed
    JOIN attempt ON attempt.id = timed.attempt_id
    WHERE timed.state = 'COMPLETED'
        AND timed.time_s > 0
        AND attempt.began_unix_ns IS NOT NULL
),
usual AS (  -- of one repetition alone nobody knows whether it is slow
    SELECT cell_id, median(time_s) AS median_s
    FROM measured
    GROUP BY cell_id
    HAVING count(*) > 1
),
placed AS (
    SELECT measured.judged_by,
           measured.experiment_id,
           measured.time_s / usual.median_s AS relative,
           measured.began_ns,
           min(measured.began_ns) OVER (PARTITION BY measured.experiment_id) AS first_ns,
           max(measured.began_ns) OVER (PARTITION BY measured.experiment_id) AS last_ns
    FROM measured
    JOIN usual ON usual.cell_id = measured.cell_id
),
summary AS (
    SELECT experiment_id,
           judged_by,
           count(*) AS attempts,
           (last_ns - first_ns) / 3.6e12 AS hours,
           drift(1.0 * (began_ns - first_ns) / (last_ns - first_ns), relative) AS change,
           drift_low(1.0 * (began_ns - first_ns) / (last_ns - first_ns), relative) AS low,
           drift_high(1.0 * (began_ns - first_ns) / (last_ns - first_ns), relative) AS high,
           drift_p(1.0 * (began_ns - first_ns) / (last_ns - first_ns), relative) AS p
    FROM placed
    GROUP BY experiment_id
)
SELECT experiment.name AS experiment, experiment.launcher,
       summary.judged_by,
       summary.attempts,
       round(summary.hours, 2) AS hours,
       round(summary.change, 4) AS change,
       round(summary.low, 4) AS low,
       round(summary.high, 4) AS high,
       round(summary.p, 6) AS p
FROM summary
JOIN experiment ON experiment.id = summary.experiment_id
ORDER BY experiment.id;
