-- what went wrong: attempts that did not complete, nodes without results, interpreters that failed, with the reason
SELECT experiment, launcher, environment, nodes, interpreters, role, repetition, attempt_id,
       subject, node_name, interpreter, outcome, status, detail
FROM failures
ORDER BY experiment_id, attempt_id, subject, node_name, interpreter;
