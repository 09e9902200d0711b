-- by how much counters of each node's network file systems changed while its interpreters ran; no row: it did not
CREATE VIEW counters AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       gaggle.node,
       gaggle.name AS node_name,
       counter.source,
       counter.name AS counter,
       counter.value,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       gaggle.id AS gaggle_id
FROM counter
JOIN gaggle ON gaggle.id = counter.gaggle_id
JOIN attempts ON attempts.attempt_id = gaggle.attempt_id;
