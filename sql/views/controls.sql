-- what doing nothing costs: each control's time from first start to last exit over all nodes, as the view overall has it
CREATE VIEW controls AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       measured.control,
       (measured.last_exit_ns - measured.first_start_ns) / 1e9 AS time_s,
       measured.mean_ns / 1e9 AS mean_s,
       measured.failed,
       attempts.total - measured.processes AS missing,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       measured.attempt_id
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
) AS measured
JOIN attempts ON attempts.attempt_id = measured.attempt_id;
