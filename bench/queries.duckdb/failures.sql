SELECT environment, nodes, interpreters, repetition, attempt_id, subject, node_name, interpreter, detail
FROM (
    SELECT all_attempts.*, 'attempt' AS subject, NULL AS node_name, NULL AS interpreter, attempt.reason AS detail
    FROM all_attempts
    JOIN attempt ON attempt.id = attempt_id
    JOIN attempt_state ON attempt_state.state = all_attempts.state AND attempt_state.progress = 'failed'
    UNION ALL
    SELECT all_attempts.*, 'node', gaggle.name, NULL, gaggle.reason
    FROM all_attempts
    JOIN gaggle USING (attempt_id)
    WHERE gaggle.outcome <> 'Completed'
    UNION ALL
    SELECT all_attempts.*, 'interpreter', processes.node_name, processes.number, processes.error
    FROM all_attempts
    JOIN processes USING (attempt_id)
    WHERE processes.outcome <> 'Exited' OR processes.status <> 0
)
ORDER BY experiment_id, attempt_id, subject, node_name, interpreter;
