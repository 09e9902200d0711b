-- where each cell's time goes: mean times of an interpreter, from its release on; means, since they add up
WITH spent AS (
    SELECT latest.cell_id,
           phase_name.name,
           count(*) AS times,
           sum(phase.end_ns - phase.begin_ns) AS sum_ns
    FROM latest
    JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
    JOIN phase ON phase.gaggle_id = gaggle.id
    JOIN phase_name ON phase_name.id = phase.name_id
    WHERE latest.state = 'COMPLETED'
    GROUP BY latest.cell_id, phase.name_id
),
summary AS (  -- a completed attempt's interpreters all have an `exit`; what a cell has not is NULL
    SELECT cell_id,
           max(CASE WHEN name = 'exit' THEN times END) AS interpreters,
           max(CASE WHEN name = 'exec' THEN 1.0 * sum_ns / times END) AS exec_ns,
           max(CASE WHEN name = 'runtime' THEN 1.0 * sum_ns / times END) AS runtime_ns,
           max(CASE WHEN name = 'ready' THEN 1.0 * sum_ns / times END) AS ready_ns,
           sum(CASE WHEN name GLOB 'import *' THEN sum_ns END) AS imports_ns,
           max(CASE WHEN name = 'exit' THEN 1.0 * sum_ns / times END) AS exit_ns
    FROM spent
    GROUP BY cell_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       summary.interpreters AS measured,
       round(exec_ns / 1e9, 6) AS exec_s,
       round(runtime_ns / 1e9, 6) AS runtime_s,
       round(ready_ns / 1e9, 6) AS ready_s,
       round(imports_ns / 1e9 / summary.interpreters, 6) AS imports_s,
       round(exit_ns / 1e9, 6) AS exit_s
FROM summary
JOIN cells ON cells.cell_id = summary.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
