-- what made the attempts, and facts of nodes, environments' files and interpreters: on how many nodes each is so
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
),
said AS (
    SELECT known.experiment_id, known.experiment, known.launcher, known.environment, known.subject, known.node_name,
           fact.key AS fact,
           fact.value AS value
    FROM known
    JOIN fact_set ON fact_set.id = known.fact_set_id
    JOIN json_each(fact_set.facts) AS fact
    UNION ALL
    SELECT DISTINCT experiment_id, experiment, launcher, NULL, subject, node_name, fact, value
    FROM provenance
    WHERE subject = 'attempt'
)
SELECT experiment, launcher, environment, subject, fact, value,
       count(DISTINCT node_name) AS nodes
FROM said
WHERE value <> ''
GROUP BY experiment_id, environment, subject, fact, value
ORDER BY experiment_id, environment, subject, fact, nodes DESC, value;
