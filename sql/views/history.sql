-- every attempt, in every role, with which try at its repetition it was and how many there were
CREATE VIEW history AS
SELECT all_attempts.experiment,
       all_attempts.environment,
       all_attempts.interpreters,
       all_attempts.nodes,
       all_attempts.role,
       all_attempts.repetition,
       (  -- no window: that would have to go through all attempts, whichever are asked for
           SELECT count(*)
           FROM attempt AS earlier
           WHERE earlier.cell_id = all_attempts.cell_id
               AND earlier.repetition = all_attempts.repetition
               AND earlier.id <= all_attempts.attempt_id
       ) AS try,
       (
           SELECT count(*)
           FROM attempt AS other
           WHERE other.cell_id = all_attempts.cell_id
               AND other.repetition = all_attempts.repetition
       ) AS tries,
       all_attempts.state,
       all_attempts.reason,
       all_attempts.job,
       all_attempts.slurm_nodes,
       all_attempts.submitted,
       all_attempts.began,
       all_attempts.ended,
       all_attempts.launcher,
       all_attempts.experiment_id,
       all_attempts.cell_id,
       all_attempts.attempt_id
FROM all_attempts;
