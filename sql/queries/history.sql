-- repetitions that were tried more than once: every attempt at them, in order, and what became of it
SELECT experiment, launcher, environment, nodes, interpreters, role, history.repetition, try, tries,
       state, reason, job, slurm_nodes, submitted, began, ended
FROM (
    SELECT cell_id, repetition
    FROM attempt
    GROUP BY cell_id, repetition
    HAVING count(*) > 1
) AS again
CROSS JOIN history  -- in this order: few are tried again
    ON history.cell_id = again.cell_id
    AND history.repetition = again.repetition
ORDER BY experiment_id, environment, interpreters, nodes, role, history.repetition, try;
