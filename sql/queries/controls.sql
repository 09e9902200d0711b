-- what doing nothing costs each cell (the null control): median time of all its processes together, and of one on average
WITH ranked AS (
    SELECT controls.cell_id,
           controls.control,
           controls.time_s,
           controls.mean_s,
           controls.failed,
           row_number() OVER (PARTITION BY controls.cell_id, controls.control ORDER BY controls.time_s) AS place,
           count(*) OVER (PARTITION BY controls.cell_id, controls.control) AS places
    FROM controls
    WHERE controls.state = 'COMPLETED'
        AND controls.attempt_id IN (SELECT attempt_id FROM latest)
)
SELECT cells.experiment,
       cells.launcher,
       cells.environment,
       cells.nodes,
       cells.interpreters,
       cells.total,
       ranked.control,
       count(*) AS repetitions,
       sum(ranked.failed) AS failed,
       round(avg(CASE WHEN ranked.place IN ((places + 1) / 2, (places + 2) / 2) THEN ranked.time_s END), 4) AS median_s,
       round(avg(ranked.mean_s), 4) AS mean_of_one_s
FROM cells
JOIN ranked ON ranked.cell_id = cells.cell_id
GROUP BY cells.cell_id, ranked.control
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, ranked.control;
