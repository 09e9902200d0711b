-- the overall time of each attempt at a sentinel: the same small measurement, again and again through the campaign
CREATE VIEW sentinels AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       (max(gaggle.last_exit_ns) - min(gaggle.first_start_ns)) / 1e9 AS time_s,
       sum(gaggle.failed) AS failed,
       attempts.total - sum(gaggle.results) AS missing,
       attempts.began,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id
FROM all_attempts AS attempts
JOIN gaggle ON gaggle.attempt_id = attempts.attempt_id
WHERE attempts.role = 'sentinel'
    AND gaggle.results > 0
GROUP BY attempts.attempt_id;
