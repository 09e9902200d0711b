-- every traced interpreter: what it opened and looked up, and why some of that is not known
CREATE VIEW traces AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.repetition,
       gaggle.name AS node_name,
       trace.files_opened,
       trace.paths_looked_up,
       trace.threads,
       trace.wall_ns / 1e9 AS traced_s,
       trace.status,
       trace.error,
       trace.trouble,
       trace.import_trouble,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       trace.gaggle_id
FROM trace
JOIN gaggle ON gaggle.id = trace.gaggle_id
JOIN all_attempts AS attempts ON attempts.attempt_id = gaggle.attempt_id;
