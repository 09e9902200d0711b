-- how far apart an attempt's interpreters started; wide: more than a tenth of their median duration
CREATE VIEW spread AS
WITH ranked AS (
    SELECT gaggle.attempt_id AS attempt_id,
           interpreter.start_ns,
           interpreter.exit_ns - interpreter.start_ns AS duration_ns,
           row_number() OVER (
               PARTITION BY gaggle.attempt_id ORDER BY interpreter.exit_ns - interpreter.start_ns
           ) AS place,
           count(*) OVER (PARTITION BY gaggle.attempt_id) AS places
    FROM gaggle
    JOIN interpreter ON interpreter.gaggle_id = gaggle.id
),
started AS (
    SELECT attempt_id,
           min(start_ns) AS first_start_ns,
           max(start_ns) AS last_start_ns,
           avg(CASE WHEN place IN ((places + 1) / 2, (places + 2) / 2) THEN duration_ns END) AS median_duration_ns
    FROM ranked
    GROUP BY attempt_id
),
clocks AS (
    SELECT attempt_id,
           max(max(coalesce(clock_before_uncertainty_ns, 0), coalesce(clock_after_uncertainty_ns, 0))) AS uncertainty_ns,
           max(abs(clock_after_offset_ns - clock_before_offset_ns)) AS drift_ns
    FROM gaggle
    WHERE clock_before_uncertainty_ns IS NOT NULL
    GROUP BY attempt_id
)
SELECT experiment, environment, interpreters, nodes, total, repetition,
       (started.last_start_ns - started.first_start_ns) / 1e9 AS spread_s,
       started.first_start_ns / 1e9 AS first_start_s,
       started.last_start_ns / 1e9 AS last_start_s,
       started.median_duration_ns / 1e9 AS median_duration_s,
       (started.last_start_ns - started.first_start_ns) / nullif(started.median_duration_ns, 0) AS fraction,
       started.last_start_ns - started.first_start_ns > started.median_duration_ns / 10 AS wide,
       clocks.uncertainty_ns / 1e9 AS clock_uncertainty_s,
       clocks.drift_ns / 1e9 AS clock_drift_s,
       state, launcher, experiment_id, cell_id, attempt_id
FROM started
JOIN measured_attempts USING (attempt_id)
LEFT JOIN clocks USING (attempt_id);
