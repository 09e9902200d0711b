-- part of the other queries: each measured cell with that of the first environment with the same nodes and interpreters
CREATE VIEW baselines AS
SELECT cell.id AS cell_id,
       base.id AS base_id,
       first_environment.name AS baseline
FROM environment AS first_environment
JOIN cell AS base ON base.environment_id = first_environment.id
JOIN cell
    ON cell.experiment_id = base.experiment_id
    AND cell.nodes = base.nodes
    AND cell.interpreters = base.interpreters
    AND cell.id <> base.id
WHERE first_environment.position = 0
    AND base.role = 'measured'
    AND cell.role = 'measured';
