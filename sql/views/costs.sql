-- what every attempt cost, in every role: its nodes for as long as Slurm gave them, else as its coordinator ran
CREATE VIEW costs AS
SELECT experiment, environment, interpreters, nodes, role, repetition,
       held.held_s,
       held.held_s * iif(launcher = 'local', 1, nodes) / 3600 AS node_hours,  -- of one machine, whatever is a "node"
       held.said_by,
       state, launcher, experiment_id, cell_id, all_attempts.attempt_id
FROM all_attempts
JOIN (
    SELECT id AS attempt_id,
           coalesce(1.0 * (slurm_end_unix_s - slurm_start_unix_s), (ended_unix_ns - began_unix_ns) / 1e9) AS held_s,
           CASE
               WHEN slurm_end_unix_s - slurm_start_unix_s IS NOT NULL THEN 'slurm'
               WHEN ended_unix_ns - began_unix_ns IS NOT NULL THEN 'coordinator'
           END AS said_by
    FROM attempt
    WHERE imported_ns IS NULL
) AS held ON held.attempt_id = all_attempts.attempt_id;
