-- by how much counters of each node's network file systems changed while its interpreters ran; no row: it did not
CREATE VIEW counters AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       counter.source,
       counter.name AS counter,
       counter.value,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM counter
JOIN measured_gaggles USING (gaggle_id);
