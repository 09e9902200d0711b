-- what each cell's nodes did apart from what is measured (set-up, staging, mounting): median and maximum over nodes
WITH summary AS (  -- from what is kept at collection; the view steps goes through all nodes, and latest through more joins
    SELECT attempt.cell_id,
           step.name,
           step.command,
           sum(step.times) AS times,
           sum(step.failed) AS failed,
           packed_quantile(step.packed, 0.5) AS median_ns,
           max(step.max_ns) AS max_ns
    FROM attempt
    JOIN step_summary AS step ON step.attempt_id = attempt.id
    WHERE attempt.id IN (SELECT max(id) FROM attempt GROUP BY cell_id, repetition)
    GROUP BY attempt.cell_id, step.name, step.command
)
SELECT experiment.name AS experiment, experiment.launcher, environment.name AS environment,
       cell.nodes, cell.interpreters,
       summary.name AS step,
       summary.command,
       summary.times,
       summary.failed,
       round(summary.median_ns / 1e9, 3) AS median_s,
       round(summary.max_ns / 1e9, 3) AS max_s
FROM summary
JOIN cell ON cell.id = summary.cell_id
JOIN environment ON environment.id = cell.environment_id
JOIN experiment ON experiment.id = cell.experiment_id
WHERE cell.role = 'measured'
ORDER BY experiment.id, environment.name, cell.interpreters, cell.nodes, summary.name, summary.command;
