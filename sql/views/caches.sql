-- in which state each node's caches were declared to be, how they got there and whether they were; none for as-is
CREATE VIEW caches AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       gaggle.node,
       gaggle.name AS node_name,
       cache.asked,
       cache.method,
       cache.verified,
       cache.asked = 'cold' AND NOT cache.verified AS perhaps_not_cold,
       cache.files,
       cache.bytes,
       cache.resident_before,
       cache.resident_after,
       cache.resident_after * 1.0 / nullif(cache.bytes, 0) AS resident,
       cache.reason,
       cache.not_covered,
       cache.duration_ns / 1e9 AS time_s,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       gaggle.id AS gaggle_id
FROM cache
JOIN gaggle ON gaggle.id = cache.gaggle_id
JOIN attempts ON attempts.attempt_id = gaggle.attempt_id;
