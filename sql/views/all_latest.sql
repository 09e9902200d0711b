-- the latest attempt at each repetition of each cell, whatever it is for: earlier ones are history
CREATE VIEW all_latest AS
SELECT all_attempts.*
FROM all_attempts
WHERE attempt_id IN (
    SELECT max(id)
    FROM attempt
    GROUP BY cell_id, repetition
);
