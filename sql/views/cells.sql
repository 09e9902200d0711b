-- progress of each measured cell: its repetitions by the state of their latest attempt
CREATE VIEW cells AS
SELECT experiment.name AS experiment,
       environment.name AS environment,
       cell.interpreters AS interpreters,
       cell.nodes AS nodes,
       cell.nodes * cell.interpreters AS total,
       count(latest.id) AS repetitions,
       count(CASE attempt_state.progress WHEN 'planned' THEN 1 END) AS planned,
       count(CASE attempt_state.progress WHEN 'pending' THEN 1 END) AS pending,
       count(CASE attempt_state.progress WHEN 'running' THEN 1 END) AS running,
       count(CASE attempt_state.progress WHEN 'unverified' THEN 1 END) AS unverified,
       count(CASE attempt_state.progress WHEN 'completed' THEN 1 END) AS completed,
       count(CASE attempt_state.progress WHEN 'failed' THEN 1 END) AS failed,
       experiment.launcher AS launcher,
       experiment.id AS experiment_id,
       cell.id AS cell_id
FROM cell
JOIN environment ON environment.id = cell.environment_id
JOIN experiment ON experiment.id = cell.experiment_id
LEFT JOIN attempt AS latest  -- what the view of this name has, less all the joins that it makes
    ON latest.cell_id = cell.id
    AND latest.id IN (SELECT max(id) FROM attempt GROUP BY cell_id, repetition)
LEFT JOIN attempt_state ON attempt_state.state = latest.state
WHERE cell.role = 'measured'
GROUP BY cell.id;
