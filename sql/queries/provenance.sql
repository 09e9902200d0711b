-- what made the attempts, and facts of nodes, environments' files and interpreters: on how many nodes each is so
WITH known AS (  -- from what is kept at collection, each once, however many attempts there were
    SELECT DISTINCT cell.experiment_id,
           CASE WHEN summary.subject <> 'node' THEN cell.environment_id END AS environment_id,
           summary.subject,
           summary.fact_set_id,
           summary.nodes
    FROM fact_summary AS summary
    JOIN attempt ON attempt.id = summary.attempt_id
    JOIN cell ON cell.id = attempt.cell_id
    WHERE cell.role = 'measured'
),
made AS (  -- one of the attempts that the same made on the same host
    SELECT min(attempt.id) AS attempt_id
    FROM attempt
    JOIN cell ON cell.id = attempt.cell_id
    WHERE cell.role = 'measured'
        AND attempt.record_file IS NOT NULL
    GROUP BY cell.experiment_id, attempt.host, attempt.worker_version
),
said AS (
    SELECT known.experiment_id, known.environment_id, known.subject, node.value AS node_name,
           fact.key AS fact,
           fact.value
    FROM known
    JOIN fact_set ON fact_set.id = known.fact_set_id
    JOIN json_each(fact_set.facts) AS fact
    JOIN json_each(known.nodes) AS node
    UNION ALL
    SELECT experiment_id, NULL, subject, node_name, fact, value
    FROM provenance
    WHERE subject = 'attempt'
        AND attempt_id IN (SELECT attempt_id FROM made)
)
SELECT experiment.name AS experiment,
       experiment.launcher,
       environment.name AS environment,
       said.subject,
       said.fact,
       said.value,
       count(DISTINCT said.node_name) AS nodes
FROM said
JOIN experiment ON experiment.id = said.experiment_id
LEFT JOIN environment ON environment.id = said.environment_id
WHERE said.value <> ''
GROUP BY said.experiment_id, said.environment_id, said.subject, said.fact, said.value
ORDER BY said.experiment_id, environment.name, said.subject, said.fact, nodes DESC, said.value;
