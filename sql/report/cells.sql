-- each cell's overall times, summarised
SELECT cells.experiment_id, cells.environment, cells.nodes, cells.interpreters, cells.total, cells.repetitions,
       cells.completed, cells.failed,
       median(overall.time_s) AS median_s,
       median_low(overall.time_s) AS low_s,
       median_high(overall.time_s) AS high_s,
       min(overall.time_s) AS min_s,
       max(overall.time_s) AS max_s
FROM cells
LEFT JOIN overall
    ON overall.cell_id = cells.cell_id
    AND overall.state = 'COMPLETED'
    AND overall.attempt_id IN (SELECT attempt_id FROM latest)
WHERE cells.experiment_id IN (SELECT value FROM json_each(:experiments))
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
