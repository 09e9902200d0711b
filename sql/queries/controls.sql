-- what doing nothing costs each cell (the null control): median time of all its processes together, and of one on average
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       controls.control,
       count(*) AS repetitions,
       sum(controls.failed) AS failed,
       round(median(controls.time_s), 4) AS median_s,
       round(median(controls.mean_s), 4) AS median_of_one_s,
       round(1.0 * sum(controls.failed) / sum(controls.total), 4) AS failure_rate
FROM cells
JOIN controls ON controls.cell_id = cells.cell_id
WHERE controls.state = 'COMPLETED'
    AND controls.attempt_id IN (SELECT attempt_id FROM latest)
GROUP BY cells.cell_id, controls.control
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, controls.control;
