SELECT environment, nodes, interpreters, repetition, try, tries, state
FROM (
    SELECT *,
           row_number() OVER (PARTITION BY cell_id, repetition ORDER BY attempt_id) AS try,
           count(*) OVER (PARTITION BY cell_id, repetition) AS tries
    FROM all_attempts
)
WHERE tries > 1
ORDER BY experiment_id, environment, interpreters, nodes, repetition, try;
