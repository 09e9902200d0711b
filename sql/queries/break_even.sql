-- after how many launches staging has paid for itself: what it took over what each saves against the first environment
WITH measured AS (
    SELECT cell_id, repetition, time_s, attempt_id
    FROM overall
    WHERE state = 'COMPLETED'
        AND attempt_id IN (SELECT attempt_id FROM latest)
),
summary AS (
    SELECT compared.cell_id, compared.base_id,
           count(*) AS pairs,
           median(staging.time_s) AS staging_s,
           median(base.time_s - own.time_s) AS saving_s,
           median_low(base.time_s - own.time_s) AS saving_low_s,
           median_high(base.time_s - own.time_s) AS saving_high_s,
           break_even(staging.time_s, base.time_s - own.time_s) AS launches,
           break_even_low(staging.time_s, base.time_s - own.time_s) AS low,
           break_even_high(staging.time_s, base.time_s - own.time_s) AS high
    FROM baselines AS compared
    JOIN measured AS own ON own.cell_id = compared.cell_id
    JOIN measured AS base ON base.cell_id = compared.base_id AND base.repetition = own.repetition
    JOIN staging ON staging.attempt_id = own.attempt_id
    GROUP BY compared.cell_id
)
SELECT own.experiment, own.launcher, own.environment, base.environment AS baseline, own.nodes, own.interpreters,
       own.total, own.failed, base.failed AS baseline_failed,
       summary.pairs,
       round(summary.staging_s, 3) AS staging_s,
       round(summary.saving_s, 3) AS saving_s,
       round(summary.saving_low_s, 3) AS saving_low_s,
       round(summary.saving_high_s, 3) AS saving_high_s,
       iif(summary.launches = 9e999, 'never', round(summary.launches, 3)) AS launches,
       iif(summary.low = 9e999, 'never', round(summary.low, 3)) AS low,
       iif(summary.high = 9e999, 'never', round(summary.high, 3)) AS high,
       (
           -- The least from which on one launch pays, as far as was measured.
           SELECT min(cells.nodes)
           FROM cells
           JOIN summary AS paying ON paying.cell_id = cells.cell_id
           WHERE cells.experiment_id = own.experiment_id
               AND cells.environment = own.environment
               AND cells.interpreters = own.interpreters
               AND cells.nodes > coalesce((
                   SELECT max(smaller.nodes)
                   FROM cells AS smaller
                   JOIN summary AS unpaid ON unpaid.cell_id = smaller.cell_id
                   WHERE smaller.experiment_id = own.experiment_id
                       AND smaller.environment = own.environment
                       AND smaller.interpreters = own.interpreters
                       AND unpaid.launches > 1
               ), 0)
       ) AS first_launch_pays_from_nodes
FROM summary
JOIN cells AS own ON own.cell_id = summary.cell_id
JOIN cells AS base ON base.cell_id = summary.base_id
ORDER BY own.experiment_id, own.environment, own.interpreters, own.nodes;
