-- what getting each measured attempt's nodes ready and clean again took, apart from set-up: its slowest node's
CREATE VIEW staging AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       summary.staging_ns / 1e9 AS time_s,  -- modules are loaded for every launch, staged or not: no set-up in it
       state, launcher, experiment_id, cell_id, measured.attempt_id
FROM attempt_summary AS summary
JOIN measured_attempts AS measured ON measured.attempt_id = summary.attempt_id
WHERE summary.staging_ns IS NOT NULL;
