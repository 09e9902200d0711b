-- every attempt at a measured cell; sentinels and traces are in all_attempts, and in no view that joins this one
CREATE VIEW attempts AS
SELECT *
FROM all_attempts
WHERE role = 'measured';
