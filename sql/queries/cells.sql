-- progress of each measured cell: how many of its repetitions are planned, pending, running, completed, failed
SELECT experiment, launcher, environment, nodes, interpreters, total,
       repetitions, planned, pending, running, unverified, completed, failed
FROM cells
ORDER BY experiment_id, environment, interpreters, nodes;
