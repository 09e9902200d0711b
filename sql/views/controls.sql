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
           control.name AS control,
           count(*) AS processes,
           min(control.start_ns) AS first_start_ns,
           max(control.exit_ns) AS last_exit_ns,
           avg(control.exit_ns - control.start_ns) AS mean_ns,
           count(nullif(control.outcome <> 'Exited' OR control.status <> 0, 0)) AS failed
    FROM gaggle
    JOIN control ON control.gaggle_id = gaggle.id
    GROUP BY gaggle.attempt_id, control.name
) AS timed
JOIN measured_attempts USING (attempt_id);
