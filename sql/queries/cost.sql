-- node-hours of each cell over all its attempts: in all, in vain (not COMPLETED), and the median of one
SELECT experiment, launcher, environment, nodes, interpreters, role,
       count(*) AS attempts,
       count(node_hours) AS known,
       round(total(node_hours), 6) AS node_hours,
       round(total(node_hours) FILTER (WHERE state <> 'COMPLETED'), 6) AS in_vain,
       round(median(node_hours), 6) AS median_node_hours
FROM costs
GROUP BY cell_id
ORDER BY experiment_id, environment, interpreters, nodes, role;
