-- how many attempts stay in the other store because they, or others of their array, have not ended
SELECT count(*)
FROM other.attempt AS attempt
JOIN other.array AS array ON array.id = attempt.array_id
WHERE array.token NOT IN (SELECT token FROM main.array)
    AND array.id IN (
        SELECT unfinished.array_id
        FROM other.attempt AS unfinished
        JOIN main.attempt_state AS attempt_state ON attempt_state.state = unfinished.state
        WHERE NOT attempt_state.terminal
    );
