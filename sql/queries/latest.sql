-- the attempt that counts for each repetition of a measured cell, the latest: its state, why, its job and its nodes
SELECT experiment, launcher, environment, nodes, interpreters, repetition,
       state, reason, job, slurm_nodes, began, ended
FROM latest
ORDER BY experiment_id, environment, interpreters, nodes, repetition;
