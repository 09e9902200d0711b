SELECT environment, nodes, interpreters, repetition,
       round(spread_s, 6) AS spread_s,
       round(median_duration_s, 3) AS median_duration_s,
       round(spread_s / median_duration_s, 4) AS fraction
FROM all_attempts
JOIN overall USING (attempt_id)
ORDER BY experiment_id, environment, interpreters, nodes, repetition, attempt_id;
