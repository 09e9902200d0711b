-- everything that went wrong: attempts that did not complete, nodes without results, interpreters that failed
CREATE VIEW failures AS
SELECT experiment, environment, interpreters, nodes, repetition,
       'attempt' AS subject,
       NULL AS node_name,
       NULL AS interpreter,
       attempts.state AS outcome,
       attempts.slurm_exit_code AS status,
       attempts.reason AS detail,
       launcher, experiment_id, cell_id, attempt_id
FROM attempts
JOIN attempt_state ON attempt_state.state = attempts.state
WHERE attempt_state.progress = 'failed'
UNION ALL
SELECT experiment, environment, interpreters, nodes, repetition,
       'node',
       gaggle.name,
       NULL,
       gaggle.outcome,
       NULL,
       gaggle.reason,
       launcher, experiment_id, cell_id, attempts.attempt_id
FROM gaggle
JOIN attempts ON attempts.attempt_id = gaggle.attempt_id
WHERE gaggle.outcome <> 'Completed'
UNION ALL
SELECT experiment, environment, interpreters, nodes, repetition,
       'interpreter',
       node_name,
       interpreter,
       outcome,
       status,
       error,
       launcher, experiment_id, cell_id, attempt_id
FROM interpreters
WHERE outcome <> 'Exited' OR status <> 0;
