-- facts of the nodes, of the environments' files there and of their interpreters, and on how many nodes each is so
WITH known AS (  -- each node once with the same facts, however many attempts it had
    SELECT DISTINCT attempts.experiment_id, attempts.experiment, attempts.launcher, NULL AS environment,
           'node' AS subject, gaggle.name AS node_name, gaggle.node_facts_id AS fact_set_id
    FROM gaggle
    JOIN attempts ON attempts.attempt_id = gaggle.attempt_id
    UNION ALL
    SELECT DISTINCT attempts.experiment_id, attempts.experiment, attempts.launcher, attempts.environment,
           'paths', gaggle.name, gaggle.path_facts_id
    FROM gaggle
    JOIN attempts ON attempts.attempt_id = gaggle.attempt_id
    UNION ALL
    SELECT DISTINCT attempts.experiment_id, attempts.experiment, attempts.launcher, attempts.environment,
           'environment', gaggle.name, inspection.fact_set_id
    FROM inspection
    JOIN gaggle ON gaggle.id = inspection.gaggle_id
    JOIN attempts ON attempts.attempt_id = gaggle.attempt_id
)
SELECT known.experiment,
       known.launcher,
       known.environment,
       known.subject,
       fact.key AS fact,
       fact.value AS value,
       count(DISTINCT known.node_name) AS nodes
FROM known
JOIN fact_set ON fact_set.id = known.fact_set_id
JOIN json_each(fact_set.facts) AS fact
WHERE fact.value <> ''
GROUP BY known.experiment_id, known.environment, known.subject, fact.key, fact.value
ORDER BY known.experiment_id, known.environment, known.subject, fact.key, nodes DESC, fact.value;
