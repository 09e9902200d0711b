WITH timed AS (
    SELECT 'attempt' AS subject, cell_id, attempt_id, NULL AS node_name, time_s
    FROM all_attempts
    JOIN overall USING (attempt_id)
    WHERE state = 'COMPLETED'
    UNION ALL
    SELECT 'node', cell_id, attempt_id, node_name, time_s
    FROM all_attempts
    JOIN individual USING (attempt_id)
    WHERE state = 'COMPLETED'
),
usual AS (
    SELECT subject, cell_id, median(time_s) AS median_s, mad(time_s) AS mad_s
    FROM timed
    GROUP BY subject, cell_id
)
SELECT environment, nodes, interpreters, timed.attempt_id, subject, node_name,
       round(time_s, 3) AS time_s,
       round(0.6745 * (time_s - median_s) / mad_s, 3) AS z
FROM timed
JOIN usual USING (subject, cell_id)
JOIN all_attempts ON all_attempts.attempt_id = timed.attempt_id
WHERE mad_s > 0 AND abs(0.6745 * (time_s - median_s) / mad_s) > 3.5
ORDER BY experiment_id, environment, interpreters, nodes, subject, repetition, node_name;
