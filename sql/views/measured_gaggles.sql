-- part of the other views: each node of the measured attempts, with the columns that say whose a row is
CREATE VIEW measured_gaggles AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       gaggle.node, gaggle.name AS node_name,
       state, launcher, experiment_id, cell_id, measured_attempts.attempt_id,
       gaggle.id AS gaggle_id
FROM gaggle
JOIN measured_attempts ON measured_attempts.attempt_id = gaggle.attempt_id;
