-- what went wrong, the same troubles of a cell counted together
SELECT experiment_id, environment, nodes, interpreters, role, subject, outcome, detail,
       count(*) AS times,
       min(node_name) AS node_name,
       count(DISTINCT node_name) AS different_nodes
FROM failures
WHERE experiment_id IN (SELECT value FROM json_each(:experiments))
GROUP BY cell_id, role, subject, outcome, detail
ORDER BY count(*) DESC, experiment_id, environment, nodes, interpreters, subject, outcome
LIMIT 500;
