-- how far apart an attempt's interpreters started; wide: more than a tenth of their median duration
CREATE VIEW spread AS
WITH started AS (
    SELECT gaggle.attempt_id AS attempt_id,
           min(gaggle.first_start_ns) AS first_start_ns,
           max(gaggle.last_start_ns) AS last_start_ns,
           attempt.median_duration_ns
    FROM gaggle
    JOIN attempt ON attempt.id = gaggle.attempt_id
    WHERE gaggle.results > 0
    GROUP BY gaggle.attempt_id
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
