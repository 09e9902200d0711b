-- what doing nothing costs: each control's time from first start to last exit over all nodes, as the view overall has it
CREATE VIEW controls AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       summary.name AS control,
       (summary.last_exit_ns - summary.first_start_ns) / 1e9 AS time_s,
       summary.sum_ns / summary.processes / 1e9 AS mean_s,
       summary.failed,
       total - summary.processes AS missing,
       state, launcher, experiment_id, cell_id, attempt_id
FROM control_summary AS summary
JOIN measured_attempts USING (attempt_id);
