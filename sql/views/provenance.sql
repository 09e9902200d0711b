-- what was so on each node of each attempt: of the node, of the environment's files there, of its interpreter
CREATE VIEW provenance AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       known.subject,
       fact.key AS fact,
       fact.value AS value,
       state, launcher, experiment_id, cell_id, measured_attempts.attempt_id, gaggle_id
FROM (
    SELECT attempt_id, id AS gaggle_id, node, name AS node_name, 'node' AS subject, node_facts_id AS fact_set_id
    FROM gaggle
    UNION ALL
    SELECT attempt_id, id, node, name, 'paths', path_facts_id
    FROM gaggle
    UNION ALL
    SELECT gaggle.attempt_id, gaggle.id, gaggle.node, gaggle.name, 'environment', inspection.fact_set_id
    FROM inspection
    JOIN gaggle ON gaggle.id = inspection.gaggle_id
) AS known
JOIN fact_set ON fact_set.id = known.fact_set_id
JOIN json_each(fact_set.facts) AS fact
JOIN measured_attempts ON measured_attempts.attempt_id = known.attempt_id;
