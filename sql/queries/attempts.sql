-- every attempt in the order planned: its state, why, its job and its nodes
SELECT experiment, launcher, environment, nodes, interpreters, role, repetition,
       state, reason, job, slurm_nodes, began, ended
FROM all_attempts
ORDER BY experiment_id, position, attempt_id;
