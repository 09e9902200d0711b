-- folders in which each traced interpreter looked for most that was not there: at most 20
CREATE VIEW lookups AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.repetition,
       traced_directory.directory,
       traced_directory.lookups,
       traced_directory.enoent,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       trace.gaggle_id
FROM trace
JOIN gaggle ON gaggle.id = trace.gaggle_id
JOIN all_attempts AS attempts ON attempts.attempt_id = gaggle.attempt_id
JOIN traced_directory ON traced_directory.gaggle_id = trace.gaggle_id;
