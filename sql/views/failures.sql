-- everything that went wrong, in every role: attempts not completed, nodes without results, interpreters that failed
CREATE VIEW failures AS
SELECT experiment, environment, interpreters, nodes, role, repetition,
       'attempt' AS subject,
       NULL AS node_name,
       NULL AS interpreter,
       attempts.state AS outcome,
       attempts.slurm_exit_code AS status,
       attempts.reason AS detail,
       launcher, experiment_id, cell_id, attempt_id
FROM all_attempts AS attempts
JOIN attempt_state ON attempt_state.state = attempts.state
WHERE attempt_state.progress = 'failed'
UNION ALL
SELECT experiment, environment, interpreters, nodes, role, repetition,
       'node',
       gaggle.name,
       NULL,
       gaggle.outcome,
       NULL,
       gaggle.reason,
       launcher, experiment_id, cell_id, attempts.attempt_id
FROM gaggle
JOIN all_attempts AS attempts ON attempts.attempt_id = gaggle.attempt_id
WHERE gaggle.outcome <> 'Completed'
UNION ALL
SELECT experiment, environment, interpreters, nodes, role, repetition,
       'interpreter',
       gaggle.name,
       interpreter.number,
       interpreter.outcome,
       interpreter.status,
       interpreter.error,
       launcher, experiment_id, cell_id, attempts.attempt_id
FROM interpreter
JOIN gaggle ON gaggle.id = interpreter.gaggle_id
JOIN all_attempts AS attempts ON attempts.attempt_id = gaggle.attempt_id
WHERE interpreter.outcome <> 'Exited' OR interpreter.status <> 0;
