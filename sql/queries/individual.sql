-- individual time of each cell, one node's first start to last exit: median, min and max over nodes and completed repetitions
WITH ranked AS (
    SELECT individual.cell_id,
           individual.time_s,
           row_number() OVER (PARTITION BY individual.cell_id ORDER BY individual.time_s) AS place,
           count(*) OVER (PARTITION BY individual.cell_id) AS places
    FROM individual
    WHERE individual.state = 'COMPLETED'
        AND individual.attempt_id IN (SELECT attempt_id FROM latest)
)
SELECT cells.experiment,
       cells.launcher,
       cells.environment,
       cells.nodes,
       cells.interpreters,
       cells.total,
       cells.completed,
       cells.failed,
       count(ranked.time_s) AS gaggles,
       round(avg(CASE WHEN ranked.place IN ((places + 1) / 2, (places + 2) / 2) THEN ranked.time_s END), 3) AS median_s,
       round(min(ranked.time_s), 3) AS min_s,
       round(max(ranked.time_s), 3) AS max_s
FROM cells
LEFT JOIN ranked ON ranked.cell_id = cells.cell_id
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
