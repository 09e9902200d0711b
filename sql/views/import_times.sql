-- what each module took by python's own account (-X importtime), in the order in which their imports ended
CREATE VIEW import_times AS
SELECT experiment, environment, interpreters, nodes, repetition,
       import_time.ordinal,
       import_time.module,
       import_time.depth,
       import_time.self_us / 1e6 AS self_s,
       import_time.cumulative_us / 1e6 AS cumulative_s,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM traces
JOIN import_time USING (gaggle_id);
