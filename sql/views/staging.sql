-- what getting each measured attempt's nodes ready and clean again took, apart from set-up: its slowest node's
CREATE VIEW staging AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       max(of_node.time_s) AS time_s,
       state, launcher, experiment_id, cell_id, attempt_id
FROM (
    SELECT experiment, environment, interpreters, nodes, total, repetition, node,
           sum(time_s) AS time_s,
           state, launcher, experiment_id, cell_id, attempt_id
    FROM steps
    WHERE step <> 'setup'  -- modules are loaded for every launch, staged or not
    GROUP BY attempt_id, node
) AS of_node
GROUP BY attempt_id;
