-- what a user waits for: the queue, the nodes' meeting, set-up and staging, the interpreters; and what that makes
CREATE VIEW end_to_end AS
SELECT overall.experiment,
       overall.environment,
       overall.interpreters,
       overall.nodes,
       overall.total,
       overall.repetition,
       attempt.slurm_start_unix_s - array.submitted_unix_ns / 1e9 AS queued_s,
       attempt.began_unix_ns / 1e9 - attempt.slurm_start_unix_s AS batch_s,
       attempt.met_ns / 1e9 AS met_s,
       summary.steps_ns / 1e9 AS steps_s,  -- the slowest node's: none starts before all are ready
       overall.time_s,
       CASE experiment.start
           WHEN 'as-launched' THEN summary.last_exit_ns / 1e9  -- since the launch of the workers: the steps are in it
           ELSE coalesce(summary.steps_ns, 0) / 1e9 + overall.time_s
       END AS end_to_end_s,
       overall.failed,
       overall.missing,
       overall.state,
       overall.launcher,
       overall.experiment_id,
       overall.cell_id,
       overall.attempt_id
FROM overall
JOIN attempt ON attempt.id = overall.attempt_id
JOIN array ON array.id = attempt.array_id
JOIN experiment ON experiment.id = overall.experiment_id
JOIN attempt_summary AS summary ON summary.attempt_id = overall.attempt_id;
