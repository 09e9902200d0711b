-- facts of the nodes, of the environments' files there and of their interpreters, and on how many nodes each is so
SELECT experiment_id,
       CASE subject WHEN 'node' THEN NULL ELSE environment END AS environment,
       subject, fact, value,
       count(DISTINCT node_name) AS nodes
FROM provenance
WHERE value <> ''
    AND experiment_id IN (SELECT value FROM json_each(:experiments))
GROUP BY experiment_id, 2, subject, fact, value
ORDER BY experiment_id, 2, subject, fact, count(DISTINCT node_name) DESC, value;
