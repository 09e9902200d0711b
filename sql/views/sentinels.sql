-- the overall time of each attempt at a sentinel: the same small measurement, again and again through the campaign
CREATE VIEW sentinels AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       (summary.last_exit_ns - summary.first_start_ns) / 1e9 AS time_s,
       summary.failed,
       attempts.total - summary.results AS missing,
       attempts.began,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id
FROM all_attempts AS attempts
JOIN attempt_summary AS summary ON summary.attempt_id = attempts.attempt_id
WHERE attempts.role = 'sentinel'
    AND summary.results > 0;
