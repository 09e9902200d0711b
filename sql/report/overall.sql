-- overall time of every completed repetition
SELECT experiment_id, environment, interpreters, nodes, total, repetition, time_s
FROM overall
WHERE state = 'COMPLETED'
    AND time_s > 0
    AND attempt_id IN (SELECT attempt_id FROM latest)
    AND experiment_id IN (SELECT value FROM json_each(:experiments))
ORDER BY experiment_id, environment, interpreters, nodes, repetition;
