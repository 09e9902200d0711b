SELECT environment, nodes, interpreters,
       count(*) AS gaggles,
       round(median(time_s), 3) AS median_s,
       round(min(time_s), 3) AS min_s,
       round(max(time_s), 3) AS max_s
FROM latest
JOIN individual USING (attempt_id)
WHERE state = 'COMPLETED'
GROUP BY experiment_id, environment, nodes, interpreters
ORDER BY experiment_id, environment, interpreters, nodes;
