-- what each module took by python's own account (-X importtime), in the order in which their imports ended
CREATE VIEW import_times AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.repetition,
       import_time.ordinal,
       import_time.module,
       import_time.depth,
       import_time.self_us / 1e6 AS self_s,
       import_time.cumulative_us / 1e6 AS cumulative_s,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       trace.gaggle_id
FROM trace
JOIN gaggle ON gaggle.id = trace.gaggle_id
JOIN all_attempts AS attempts ON attempts.attempt_id = gaggle.attempt_id
JOIN import_time ON import_time.gaggle_id = trace.gaggle_id;
