-- the founding study's individual time: first start to last exit of one node's interpreters; NULL if it has none
CREATE VIEW individual AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       (timed.last_exit_ns - timed.first_start_ns) / 1e9 AS time_s,
       (timed.last_start_ns - timed.first_start_ns) / 1e9 AS spread_s,
       timed.failed,
       interpreters - timed.results AS missing,
       timed.outcome,
       state, launcher,
       timed.mount_ns / 1e9 AS mount_s,
       timed.fork_ns / 1e9 AS fork_s,
       timed.cpus,
       experiment_id, cell_id, attempt_id, gaggle_id
FROM (
    SELECT gaggle.id AS gaggle_id,
           gaggle.attempt_id AS attempt_id,
           gaggle.node,
           gaggle.name AS node_name,
           gaggle.outcome,
           gaggle.mount_ns,
           gaggle.fork_ns,
           gaggle.cpus,
           coalesce(gaggle.results, 0) AS results,
           gaggle.first_start_ns,
           gaggle.last_start_ns,
           gaggle.last_exit_ns,
           coalesce(gaggle.failed, 0) AS failed
    FROM gaggle
) AS timed
JOIN measured_attempts USING (attempt_id)
UNION ALL
SELECT experiment.name,
       environment.name,
       cell.interpreters,
       cell.nodes,
       cell.nodes * cell.interpreters,
       NULL,  -- the repetition, the node and the attempt are not known
       NULL,
       NULL,
       imported_gaggle.time_ns / 1e9,
       NULL,
       NULL,
       NULL,
       'Completed',
       'COMPLETED',
       experiment.launcher,
       NULL,
       NULL,
       NULL,
       experiment.id,
       cell.id,
       NULL,
       NULL
FROM imported_gaggle
JOIN cell ON cell.id = imported_gaggle.cell_id
JOIN environment ON environment.id = cell.environment_id
JOIN experiment ON experiment.id = cell.experiment_id;
