-- what made each attempt, and what was so on each of its nodes: of the node, the environment's files, its interpreter
CREATE VIEW provenance AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       known.subject,
       fact.key AS fact,
       fact.value AS value,
       state, launcher, experiment_id, cell_id, measured_attempts.attempt_id, gaggle_id
FROM (
    SELECT attempt_id, gaggle.id AS gaggle_id, node, name AS node_name, 'node' AS subject, facts
    FROM gaggle
    JOIN fact_set ON fact_set.id = gaggle.node_facts_id
    UNION ALL
    SELECT attempt_id, gaggle.id, node, name, 'paths', facts
    FROM gaggle
    JOIN fact_set ON fact_set.id = gaggle.path_facts_id
    UNION ALL
    SELECT gaggle.attempt_id, gaggle.id, gaggle.node, gaggle.name, 'environment', facts
    FROM inspection
    JOIN gaggle ON gaggle.id = inspection.gaggle_id
    JOIN fact_set ON fact_set.id = inspection.fact_set_id
    UNION ALL
    SELECT attempt_id, NULL, NULL, node.value, subject, facts
    FROM fact_summary
    JOIN fact_set ON fact_set.id = fact_summary.fact_set_id
    JOIN json_each(fact_summary.nodes) AS node
    WHERE subject = 'attempt'
) AS known
JOIN json_each(known.facts) AS fact
JOIN measured_attempts ON measured_attempts.attempt_id = known.attempt_id;
