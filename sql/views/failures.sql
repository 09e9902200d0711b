-- everything that went wrong: attempts that did not complete, nodes without results, interpreters that failed
CREATE VIEW failures AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.repetition,
       'attempt' AS subject,
       NULL AS node_name,
       NULL AS interpreter,
       attempts.state AS outcome,
       attempts.slurm_exit_code AS status,
       attempts.reason AS detail,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id
FROM attempts
JOIN attempt_state ON attempt_state.state = attempts.state
WHERE attempt_state.progress = 'failed'
UNION ALL
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.repetition,
       'node',
       gaggle.name,
       NULL,
       gaggle.outcome,
       NULL,
       gaggle.reason,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id
FROM gaggle
JOIN attempts ON attempts.attempt_id = gaggle.attempt_id
WHERE gaggle.outcome <> 'Completed'
UNION ALL
SELECT interpreters.experiment,
       interpreters.environment,
       interpreters.interpreters,
       interpreters.nodes,
       interpreters.repetition,
       'interpreter',
       interpreters.node_name,
       interpreters.interpreter,
       interpreters.outcome,
       interpreters.status,
       interpreters.error,
       interpreters.launcher,
       interpreters.experiment_id,
       interpreters.cell_id,
       interpreters.attempt_id
FROM interpreters
WHERE interpreters.outcome <> 'Exited' OR interpreters.status <> 0;
