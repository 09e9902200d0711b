-- how many times faster than the experiment's first environment, as the canned query speedup has it
WITH timed AS (
    SELECT cell_id, repetition, time_s, launcher
    FROM overall
    WHERE state = 'COMPLETED'
        AND time_s > 0
        AND attempt_id IN (SELECT attempt_id FROM latest)
        AND experiment_id IN (SELECT value FROM json_each(:experiments))
),
medians AS (
    SELECT cell_id, median(time_s) AS median_s
    FROM timed
    GROUP BY cell_id
),
paired AS (  -- not of what was imported: which of the published runs belong together was not published
    SELECT compared.cell_id,
           count(*) AS pairs,
           ratio(base.time_s, own.time_s) AS speedup,
           ratio_low(base.time_s, own.time_s) AS low,
           ratio_high(base.time_s, own.time_s) AS high
    FROM baselines AS compared
    JOIN timed AS own ON own.cell_id = compared.cell_id
    JOIN timed AS base ON base.cell_id = compared.base_id AND base.repetition = own.repetition
    WHERE own.launcher <> 'imported'
    GROUP BY compared.cell_id
)
SELECT cells.experiment_id, cells.environment, compared.baseline, cells.nodes, cells.interpreters, cells.total,
       base.median_s AS baseline_median_s,
       own.median_s,
       coalesce(paired.pairs, 0) AS pairs,
       CASE cells.launcher WHEN 'imported' THEN base.median_s / own.median_s ELSE paired.speedup END AS speedup,
       paired.low,
       paired.high
FROM baselines AS compared
JOIN cells ON cells.cell_id = compared.cell_id
JOIN medians AS own ON own.cell_id = compared.cell_id
JOIN medians AS base ON base.cell_id = compared.base_id
LEFT JOIN paired ON paired.cell_id = compared.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
