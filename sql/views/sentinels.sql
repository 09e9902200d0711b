-- the overall time of each attempt at a sentinel: the same small measurement, again and again through the campaign
CREATE VIEW sentinels AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       (max(interpreter.exit_ns) - min(interpreter.start_ns)) / 1e9 AS time_s,
       count(nullif(interpreter.outcome <> 'Exited' OR interpreter.status <> 0, 0)) AS failed,
       attempts.total - count(*) AS missing,
       attempts.began,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id
FROM all_attempts AS attempts
JOIN gaggle ON gaggle.attempt_id = attempts.attempt_id
JOIN interpreter ON interpreter.gaggle_id = gaggle.id
WHERE attempts.role = 'sentinel'
GROUP BY attempts.attempt_id;
