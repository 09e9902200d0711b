-- individual times; of more than :most with as many interpreters in all, that many, evenly spaced by rank, ends included
WITH ranked AS (
    SELECT experiment_id, environment, total, time_s,
           row_number() OVER by_time - 1 AS place,
           count(*) OVER (PARTITION BY experiment_id, environment, total) AS places
    FROM individual
    WHERE state = 'COMPLETED'
        AND time_s > 0
        AND (launcher = 'imported' OR attempt_id IN (SELECT attempt_id FROM latest))
        AND experiment_id IN (SELECT value FROM json_each(:experiments))
    WINDOW by_time AS (PARTITION BY experiment_id, environment, total ORDER BY time_s)
)
SELECT experiment_id, environment, total,
       round(time_s, 4) AS time_s
FROM ranked
WHERE places <= :most
    OR place = 0
    OR place * (:most - 1) / (places - 1) > (place - 1) * (:most - 1) / (places - 1)
ORDER BY experiment_id, environment, total, place;
