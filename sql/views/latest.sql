-- the latest attempt at each repetition of each measured cell: earlier ones are history
CREATE VIEW latest AS
SELECT *
FROM all_latest
WHERE role = 'measured';
