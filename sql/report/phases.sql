-- mean time of each phase over all interpreters of a cell's completed repetitions: means, since they add up
SELECT cells.experiment_id, cells.environment, cells.nodes, cells.interpreters, cells.total,
       phase_name.name AS phase,
       min(durations.ordinal) AS ordinal,
       sum(durations.count) AS phases,
       sum(durations.sum_ns) / sum(durations.count) / 1e9 AS mean_s
FROM latest
JOIN durations ON durations.attempt_id = latest.attempt_id
JOIN phase_name ON phase_name.id = durations.name_id  -- so not the whole
JOIN cells ON cells.cell_id = latest.cell_id
WHERE latest.state = 'COMPLETED'
    AND latest.experiment_id IN (SELECT value FROM json_each(:experiments))
GROUP BY latest.cell_id, durations.name_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, min(durations.ordinal), phase_name.name;
