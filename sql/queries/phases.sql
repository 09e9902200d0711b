-- time of each phase of an interpreter's life, per cell: median, min and max over completed attempts, imports too
WITH ranked AS (  -- from the tables, not the view phases: only numbers are sorted
    SELECT latest.cell_id,
           phase.name_id,
           phase.ordinal,
           phase.end_ns - phase.begin_ns AS duration_ns,
           row_number() OVER by_duration AS place,
           count(*) OVER (by_duration ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS places
    FROM latest
    JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
    JOIN phase ON phase.gaggle_id = gaggle.id
    WHERE latest.state = 'COMPLETED'
    WINDOW by_duration AS (PARTITION BY latest.cell_id, phase.name_id ORDER BY phase.end_ns - phase.begin_ns)
),
summary AS (
    SELECT cell_id,
           name_id,
           min(ordinal) AS ordinal,
           count(*) AS interpreters,
           avg(CASE WHEN place IN ((places + 1) / 2, (places + 2) / 2) THEN duration_ns END) AS median_ns,
           min(duration_ns) AS min_ns,
           max(duration_ns) AS max_ns
    FROM ranked
    GROUP BY cell_id, name_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       phase_name.name AS phase,
       summary.interpreters AS measured,
       round(summary.median_ns / 1e9, 6) AS median_s,
       round(summary.min_ns / 1e9, 6) AS min_s,
       round(summary.max_ns / 1e9, 6) AS max_s,
       cells.completed, cells.failed,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM summary
JOIN cells ON cells.cell_id = summary.cell_id
JOIN phase_name ON phase_name.id = summary.name_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, summary.ordinal, phase_name.name;
