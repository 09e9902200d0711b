-- overall time of each cell, first start to last exit over all nodes: median, min and max of the completed repetitions
WITH ranked AS (
    SELECT overall.cell_id,
           overall.time_s,
           overall.spread_s,
           row_number() OVER (PARTITION BY overall.cell_id ORDER BY overall.time_s) AS place,
           count(*) OVER (PARTITION BY overall.cell_id) AS places
    FROM overall
    WHERE overall.state = 'COMPLETED'
        AND overall.attempt_id IN (SELECT attempt_id FROM latest)
)
SELECT cells.experiment,
       cells.launcher,
       cells.environment,
       cells.nodes,
       cells.interpreters,
       cells.total,
       cells.completed,
       cells.failed,
       round(avg(CASE WHEN ranked.place IN ((places + 1) / 2, (places + 2) / 2) THEN ranked.time_s END), 3) AS median_s,
       round(min(ranked.time_s), 3) AS min_s,
       round(max(ranked.time_s), 3) AS max_s,
       round(max(ranked.spread_s), 6) AS max_spread_s
FROM cells
LEFT JOIN ranked ON ranked.cell_id = cells.cell_id
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
