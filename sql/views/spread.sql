-- how far apart an attempt's interpreters started; wide: more than a tenth of their median duration
CREATE VIEW spread AS
SELECT experiment, environment, interpreters, nodes, total, measured.repetition,
       (summary.last_start_ns - summary.first_start_ns) / 1e9 AS spread_s,
       summary.first_start_ns / 1e9 AS first_start_s,
       summary.last_start_ns / 1e9 AS last_start_s,
       attempt.median_duration_ns / 1e9 AS median_duration_s,
       (summary.last_start_ns - summary.first_start_ns) / nullif(attempt.median_duration_ns, 0) AS fraction,
       summary.last_start_ns - summary.first_start_ns > attempt.median_duration_ns / 10 AS wide,
       summary.clock_uncertainty_ns / 1e9 AS clock_uncertainty_s,
       summary.clock_drift_ns / 1e9 AS clock_drift_s,
       measured.state, launcher, experiment_id, measured.cell_id, measured.attempt_id
FROM attempt_summary AS summary
JOIN attempt ON attempt.id = summary.attempt_id
JOIN measured_attempts AS measured ON measured.attempt_id = summary.attempt_id
WHERE summary.results > 0;
