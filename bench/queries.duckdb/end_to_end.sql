SELECT environment, nodes, interpreters,
       round(median(steps_s), 3) AS steps_s,
       round(median(time_s), 3) AS time_s,
       round(median(steps_s + time_s), 3) AS end_to_end_s
FROM latest
JOIN (
    SELECT attempt_id, (max(exit_ns) - min(start_ns)) / 1e9 AS time_s
    FROM processes
    GROUP BY attempt_id
) USING (attempt_id)
JOIN (
    SELECT attempt_id, max(node_s) AS steps_s
    FROM (
        SELECT gaggle.attempt_id, gaggle.id, sum(step.duration_ns) / 1e9 AS node_s
        FROM gaggle
        JOIN step ON step.gaggle_id = gaggle.id
        WHERE step.name <> 'unstage'
        GROUP BY ALL
    )
    GROUP BY attempt_id
) USING (attempt_id)
WHERE state = 'COMPLETED'
GROUP BY experiment_id, environment, nodes, interpreters
ORDER BY experiment_id, environment, interpreters, nodes;
