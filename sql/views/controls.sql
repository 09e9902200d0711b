-- what doing nothing costs: each control's time from first start to last exit over all nodes, as the view overall has it
CREATE VIEW controls AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       timed.control,
       (timed.last_exit_ns - timed.first_start_ns) / 1e9 AS time_s,
       timed.mean_ns / 1e9 AS mean_s,
       timed.failed,
       total - timed.processes AS missing,
       state, launcher, experiment_id, cell_id, attempt_id
FROM (
    SELECT gaggle.attempt_id AS attempt_id,
           control_summary.name AS control,
           sum(control_summary.processes) AS processes,
           min(control_summary.first_start_ns) AS first_start_ns,
           max(control_summary.last_exit_ns) AS last_exit_ns,
           sum(control_summary.sum_ns) / sum(control_summary.processes) AS mean_ns,
           sum(control_summary.failed) AS failed
    FROM gaggle
    JOIN control_summary ON control_summary.gaggle_id = gaggle.id
    GROUP BY gaggle.attempt_id, control_summary.name
) AS timed
JOIN measured_attempts USING (attempt_id);
