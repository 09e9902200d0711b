-- in which state each node's caches were declared to be, how they got there and whether they were; none for as-is
CREATE VIEW caches AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
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
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM cache
JOIN measured_gaggles USING (gaggle_id);
