SELECT environment, nodes, interpreters,
       round(median(time_s), 3) AS median_s,
       round(min(time_s), 3) AS min_s,
       round(max(time_s), 3) AS max_s,
       round(max(spread_s), 6) AS max_spread_s
FROM latest
JOIN (
    SELECT attempt_id, (max(exit_ns) - min(start_ns)) / 1e9 AS time_s, (max(start_ns) - min(start_ns)) / 1e9 AS spread_s
    FROM processes
    GROUP BY attempt_id
) USING (attempt_id)
WHERE state = 'COMPLETED'
GROUP BY experiment_id, environment, nodes, interpreters
ORDER BY experiment_id, environment, interpreters, nodes;
