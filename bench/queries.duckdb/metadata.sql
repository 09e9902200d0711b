WITH summed AS (
    SELECT cell_id, attempt_id, counter.source, counter.name AS counter, sum(counter.value) AS value
    FROM latest
    JOIN gaggle USING (attempt_id)
    JOIN counter ON counter.gaggle_id = gaggle.id
    WHERE latest.state = 'COMPLETED'
    GROUP BY ALL
    UNION ALL
    SELECT cell_id, attempt_id, 'interpreters', names.counter,
           CASE names.counter
               WHEN 'read calls' THEN read_calls
               WHEN 'write calls' THEN write_calls
               WHEN 'read bytes' THEN read_bytes
               ELSE storage_read_bytes
           END
    FROM (
        SELECT cell_id, attempt_id,
               sum(read_calls) AS read_calls,
               sum(write_calls) AS write_calls,
               sum(read_bytes) AS read_bytes,
               sum(storage_read_bytes) AS storage_read_bytes
        FROM latest
        JOIN processes USING (attempt_id)
        WHERE state = 'COMPLETED'
        GROUP BY ALL
        HAVING count(processes.read_calls) = count(*)
    )
    CROSS JOIN (VALUES ('read calls'), ('write calls'), ('read bytes'), ('storage read bytes')) AS names (counter)
)
SELECT environment, nodes, interpreters, source, counter, count(*) AS repetitions, median(value) AS median
FROM cells
JOIN summed USING (cell_id)
GROUP BY experiment_id, environment, nodes, interpreters, source, counter
ORDER BY experiment_id, environment, interpreters, nodes, source, counter;
