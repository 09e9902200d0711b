-- part of the other views: the attempts whose measurements they show, with the columns that say whose a row is
CREATE VIEW measured_attempts AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       state, launcher, experiment_id, cell_id, attempt_id
FROM attempts;
