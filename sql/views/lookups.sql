-- folders in which each traced interpreter looked for most that was not there: at most 20
CREATE VIEW lookups AS
SELECT experiment, environment, interpreters, nodes, repetition,
       traced_directory.directory,
       traced_directory.lookups,
       traced_directory.enoent,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM traces
JOIN traced_directory USING (gaggle_id);
