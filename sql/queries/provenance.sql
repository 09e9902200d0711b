-- what made the attempts, and facts of nodes, environments' files and interpreters: on how many nodes each is so
WITH kept AS (  -- each once, however many attempts a cell had; the view provenance goes through all nodes
    SELECT DISTINCT attempt.cell_id, summary.subject, summary.fact_set_id, summary.nodes
    FROM fact_summary AS summary
    JOIN attempt ON attempt.id = summary.attempt_id
),
known AS (
    SELECT DISTINCT cell.experiment_id,
           CASE WHEN kept.subject NOT IN ('node', 'attempt') THEN cell.environment_id END AS environment_id,
           kept.subject,
           kept.fact_set_id,
           kept.nodes
    FROM kept
    JOIN cell ON cell.id = kept.cell_id
    WHERE cell.role = 'measured'
)
SELECT experiment.name AS experiment,
       experiment.launcher,
       environment.name AS environment,
       known.subject,
       fact.key AS fact,
       fact.value,
       count(DISTINCT node.value) AS nodes
FROM known
JOIN json_each(known.nodes) AS node
JOIN fact_set ON fact_set.id = known.fact_set_id
JOIN json_each(fact_set.facts) AS fact
JOIN experiment ON experiment.id = known.experiment_id
LEFT JOIN environment ON environment.id = known.environment_id
WHERE fact.value <> ''
GROUP BY known.experiment_id, known.environment_id, known.subject, fact.key, fact.value
ORDER BY known.experiment_id, environment.name, known.subject, fact.key, nodes DESC, fact.value;
