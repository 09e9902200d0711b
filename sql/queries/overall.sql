-- overall time of each cell, first start to last exit over all nodes: median, 95 % interval (n ≥ 5), min, max
WITH measured AS (
    SELECT overall.cell_id, overall.time_s, overall.spread_s, spread.wide
    FROM overall
    LEFT JOIN spread ON spread.attempt_id = overall.attempt_id
    WHERE overall.state = 'COMPLETED'
        AND overall.attempt_id IN (SELECT attempt_id FROM latest)
),
usual AS (
    SELECT cell_id, median(time_s) AS median_s, mad(time_s) AS mad_s
    FROM measured
    GROUP BY cell_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       cells.completed, cells.failed,
       round(usual.median_s, 3) AS median_s,
       round(median_low(measured.time_s), 3) AS low_s,
       round(median_high(measured.time_s), 3) AS high_s,
       round(min(measured.time_s), 3) AS min_s,
       round(max(measured.time_s), 3) AS max_s,
       round(max(measured.spread_s), 6) AS max_spread_s,
       sum(measured.wide) AS wide,
       sum(abs(modified_z(measured.time_s, usual.median_s, usual.mad_s)) > 3.5) AS outliers,
       round(1.0 * cells.failed / nullif(cells.completed + cells.failed, 0), 4) AS failure_rate
FROM cells
LEFT JOIN usual ON usual.cell_id = cells.cell_id
LEFT JOIN measured ON measured.cell_id = cells.cell_id
GROUP BY cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes;
