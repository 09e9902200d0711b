WITH said AS (
    SELECT DISTINCT experiment_id, NULL AS environment, 'node' AS subject, gaggle.name AS node_name, facts
    FROM gaggle
    JOIN all_attempts ON all_attempts.attempt_id = gaggle.attempt_id
    JOIN fact_set ON fact_set.id = gaggle.node_facts_id
    UNION ALL
    SELECT DISTINCT experiment_id, environment, 'paths', gaggle.name, facts
    FROM gaggle
    JOIN all_attempts ON all_attempts.attempt_id = gaggle.attempt_id
    JOIN fact_set ON fact_set.id = gaggle.path_facts_id
    UNION ALL
    SELECT DISTINCT experiment.id, NULL, 'attempt', attempt.host,
           json_object('experiment_sha256', experiment.file_sha256,
                       'template_sha256', experiment.template_sha256,
                       'worker_sha256', experiment.worker_sha256,
                       'worker_version', attempt.worker_version,
                       'gaggle_version', experiment.gaggle_version)
    FROM attempt
    JOIN all_attempts ON all_attempts.attempt_id = attempt.id
    JOIN experiment ON experiment.id = all_attempts.experiment_id
    WHERE attempt.record_file IS NOT NULL
)
SELECT environment, subject,
       unnest(json_keys(facts)) AS fact,
       json_extract_string(facts, '$."' || unnest(json_keys(facts)) || '"') AS value,
       count(DISTINCT node_name) AS nodes
FROM said
GROUP BY experiment_id, environment, subject, fact, value
ORDER BY experiment_id, environment NULLS FIRST, subject, fact, nodes DESC, value;
