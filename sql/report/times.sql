-- overall times of completed repetitions, of those that began on :day (UTC, as 2026-11-23; empty: on any)
SELECT overall.environment, overall.nodes, overall.interpreters, overall.time_s
FROM overall
JOIN latest ON latest.attempt_id = overall.attempt_id
WHERE overall.state = 'COMPLETED'
    AND overall.time_s > 0
    AND overall.experiment_id IN (SELECT value FROM json_each(:experiments))
    AND (:day = '' OR substr(latest.began, 1, 10) = :day)
ORDER BY overall.environment, overall.nodes, overall.interpreters, overall.attempt_id;
