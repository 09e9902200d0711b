-- repetitions that were tried more than once: every attempt at them, in order, and what became of it
SELECT experiment, launcher, environment, nodes, interpreters, role, repetition, try, tries,
       state, reason, job, slurm_nodes, submitted, began, ended
FROM history
WHERE tries > 1
ORDER BY experiment_id, environment, interpreters, nodes, role, repetition, try;
