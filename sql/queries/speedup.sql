-- how many times faster than the experiment's first environment: paired by repetition, 95 % interval
WITH measured AS (
    SELECT cell_id, repetition, time_s
    FROM overall
    WHERE state = 'COMPLETED'
        AND time_s > 0
        AND launcher <> 'imported'
        AND attempt_id IN (SELECT attempt_id FROM latest)
),
unpaired AS (  -- which of the published runs belong together was not published: there is only the ratio of medians
    SELECT cell_id, median(time_s) AS median_s
    FROM overall
    WHERE launcher = 'imported'
    GROUP BY cell_id
),
summary AS (
    SELECT compared.cell_id,
           count(*) AS pairs,
           ratio(base.time_s, own.time_s) AS speedup,
           ratio_low(base.time_s, own.time_s) AS low,
           ratio_high(base.time_s, own.time_s) AS high
    FROM baselines AS compared
    JOIN measured AS own ON own.cell_id = compared.cell_id
    JOIN measured AS base ON base.cell_id = compared.base_id AND base.repetition = own.repetition
    GROUP BY compared.cell_id
)
SELECT own.experiment, own.launcher, own.environment, base.environment AS baseline, own.nodes, own.interpreters,
       own.total, own.failed, base.failed AS baseline_failed,
       coalesce(summary.pairs, 0) AS pairs,
       round(coalesce(summary.speedup, unpaired_base.median_s / unpaired_own.median_s), 4) AS speedup,
       round(summary.low, 4) AS low,
       round(summary.high, 4) AS high
FROM baselines AS compared
JOIN cells AS own ON own.cell_id = compared.cell_id
JOIN cells AS base ON base.cell_id = compared.base_id
LEFT JOIN summary ON summary.cell_id = compared.cell_id
LEFT JOIN unpaired AS unpaired_own ON unpaired_own.cell_id = compared.cell_id
LEFT JOIN unpaired AS unpaired_base ON unpaired_base.cell_id = compared.base_id
ORDER BY own.experiment_id, own.environment, own.interpreters, own.nodes;
