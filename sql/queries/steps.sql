-- what each cell's nodes did apart from what is measured (set-up, staging, mounting): median and maximum over nodes
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       steps.step,
       steps.command,
       count(*) AS times,
       count(nullif(steps.status, 0)) AS failed,
       round(median(steps.time_s), 3) AS median_s,
       round(max(steps.time_s), 3) AS max_s
FROM cells
JOIN steps ON steps.cell_id = cells.cell_id
WHERE steps.attempt_id IN (SELECT attempt_id FROM latest)
GROUP BY cells.cell_id, steps.step, steps.command
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, steps.step, steps.command;
