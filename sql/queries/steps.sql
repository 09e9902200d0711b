-- what each cell's nodes did apart from what is measured (set-up, staging, mounting): median and maximum over nodes
SELECT latest.experiment, latest.launcher, latest.environment, latest.nodes, latest.interpreters,
       step.name AS step,
       step.command,
       sum(step.times) AS times,
       sum(step.failed) AS failed,
       round(packed_quantile(step.packed, 0.5) / 1e9, 3) AS median_s,
       round(max(step.max_ns) / 1e9, 3) AS max_s
FROM latest
JOIN step_summary AS step ON step.attempt_id = latest.attempt_id  -- the view steps goes through all nodes
GROUP BY latest.cell_id, step.name, step.command
ORDER BY latest.experiment_id, latest.environment, latest.interpreters, latest.nodes, step.name, step.command;
