-- mean time of each phase over all interpreters of a cell's completed repetitions: means, since they add up
SELECT cells.experiment_id, cells.environment, cells.nodes, cells.interpreters, cells.total,
       phase_name.name AS phase,
       min(phase.ordinal) AS ordinal,
       count(*) AS phases,
       avg(phase.end_ns - phase.begin_ns) / 1e9 AS mean_s
FROM latest
JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
JOIN phase ON phase.gaggle_id = gaggle.id
JOIN phase_name ON phase_name.id = phase.name_id
JOIN cells ON cells.cell_id = latest.cell_id
WHERE latest.state = 'COMPLETED'
    AND latest.experiment_id IN (SELECT value FROM json_each(:experiments))
GROUP BY latest.cell_id, phase.name_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, min(phase.ordinal), phase_name.name;
