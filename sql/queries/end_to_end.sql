-- what a user of each cell waits for, medians: queue, nodes' meeting, set-up with staging, interpreters, the last two
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       cells.completed, cells.failed,
       round(median(end_to_end.queued_s), 1) AS queued_s,
       round(median(end_to_end.met_s), 3) AS met_s,
       round(median(end_to_end.steps_s), 3) AS steps_s,
       round(median(end_to_end.time_s), 3) AS time_s,
       round(median(end_to_end.end_to_end_s), 3) AS end_to_end_s
FROM cells
JOIN end_to_end ON end_to_end.cell_id = cells.cell_id
WHERE end_to_end.state = 'COMPLETED'
    AND end_to_end.attempt_id IN (SELECT attempt_id FROM latest)
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
