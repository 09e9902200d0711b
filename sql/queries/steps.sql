-- what each cell's nodes did apart from what is measured (set-up, staging, mounting): median and maximum over nodes
WITH summary AS (  -- from what is kept at collection, not the view steps: it goes through all nodes
    SELECT latest.cell_id,
           step.name,
           step.command,
           sum(step.times) AS times,
           sum(step.failed) AS failed,
           packed_quantile(step.packed, 0.5) AS median_ns,
           max(step.max_ns) AS max_ns
    FROM latest
    JOIN step_summary AS step ON step.attempt_id = latest.attempt_id
    GROUP BY latest.cell_id, step.name, step.command
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       summary.name AS step,
       summary.command,
       summary.times,
       summary.failed,
       round(summary.median_ns / 1e9, 3) AS median_s,
       round(summary.max_ns / 1e9, 3) AS max_s
FROM summary
JOIN cells ON cells.cell_id = summary.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, summary.name, summary.command;
