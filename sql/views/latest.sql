-- the latest attempt at each repetition of each cell: earlier ones are history
CREATE VIEW latest AS
SELECT attempts.*
FROM attempts
WHERE attempt_id IN (
    SELECT max(attempt.id)
    FROM attempt
    JOIN array ON array.id = attempt.array_id
    GROUP BY array.cell_id, attempt.repetition
);
