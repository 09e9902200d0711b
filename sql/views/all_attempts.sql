-- every attempt with its cell, what that is for, its state and what Slurm said of it
CREATE VIEW all_attempts AS
SELECT experiment.name AS experiment,
       environment.name AS environment,
       cell.interpreters AS interpreters,
       cell.nodes AS nodes,
       cell.nodes * cell.interpreters AS total,
       cell.role AS role,
       attempt.repetition AS repetition,
       attempt.state AS state,
       attempt.reason AS reason,
       experiment.launcher AS launcher,
       array.slurm_job_id || '_' || attempt.task AS job,
       attempt.slurm_state AS slurm_state,
       attempt.slurm_reason AS slurm_reason,
       attempt.slurm_exit_code AS slurm_exit_code,
       attempt.slurm_signal AS slurm_signal,
       attempt.slurm_restarts AS slurm_restarts,
       attempt.slurm_nodes AS slurm_nodes,
       strftime('%Y-%m-%dT%H:%M:%SZ', array.submitted_unix_ns / 1000000000, 'unixepoch') AS submitted,
       strftime('%Y-%m-%dT%H:%M:%SZ', attempt.began_unix_ns / 1000000000, 'unixepoch') AS began,
       strftime('%Y-%m-%dT%H:%M:%SZ', attempt.ended_unix_ns / 1000000000, 'unixepoch') AS ended,
       attempt.met_ns / 1e9 AS met_s,
       attempt.prepared_ns / 1e9 AS prepared_s,
       attempt.release_ns / 1e9 AS release_s,
       attempt.gathered_ns / 1e9 AS gathered_s,
       attempt.record_file AS record_file,
       attempt.record_closed AS record_closed,
       array.block AS block,
       array.position AS position,
       experiment.id AS experiment_id,
       cell.id AS cell_id,
       array.id AS array_id,
       attempt.id AS attempt_id
FROM attempt
JOIN array ON array.id = attempt.array_id
JOIN cell ON cell.id = attempt.cell_id
JOIN environment ON environment.id = cell.environment_id
JOIN experiment ON experiment.id = array.experiment_id;
