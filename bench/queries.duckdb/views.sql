-- part of the others
CREATE VIEW cells AS
SELECT cell.id AS cell_id, cell.experiment_id, environment.name AS environment, cell.nodes, cell.interpreters
FROM cell
JOIN environment ON environment.id = cell.environment_id
WHERE cell.role = 'measured';
CREATE VIEW all_attempts AS
SELECT attempt.id AS attempt_id, attempt.repetition, attempt.state, cells.*
FROM attempt
JOIN cells ON cells.cell_id = attempt.cell_id;
CREATE VIEW latest AS
SELECT *
FROM all_attempts
WHERE attempt_id IN (
    SELECT max(attempt.id) FROM attempt GROUP BY cell_id, repetition
);
CREATE VIEW processes AS
SELECT gaggle.attempt_id, gaggle.name AS node_name, interpreter.*
FROM gaggle
JOIN interpreter ON interpreter.gaggle_id = gaggle.id;
CREATE VIEW overall AS
SELECT attempt_id,
       (max(exit_ns) - min(start_ns)) / 1e9 AS time_s,
       max(exit_ns) / 1e9 AS exit_s,
       (max(start_ns) - min(start_ns)) / 1e9 AS spread_s,
       median(exit_ns - start_ns) / 1e9 AS median_duration_s
FROM processes
GROUP BY attempt_id;
CREATE VIEW individual AS
SELECT attempt_id, gaggle_id, any_value(node_name) AS node_name, (max(exit_ns) - min(start_ns)) / 1e9 AS time_s
FROM processes
GROUP BY attempt_id, gaggle_id;
