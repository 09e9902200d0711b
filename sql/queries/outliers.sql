-- attempts and nodes far from their cell's median (modified z-score beyond 3.5); flagged, never left out
WITH timed AS (
    SELECT 'attempt' AS subject, cell_id, attempt_id, repetition, NULL AS node_name, time_s
    FROM overall
    WHERE state = 'COMPLETED'
    UNION ALL
    SELECT 'node', cell_id, attempt_id, repetition, node_name, time_s
    FROM individual
    WHERE state = 'COMPLETED'
),
usual AS (
    SELECT subject, cell_id, count(*) AS measured, median(time_s) AS median_s, mad(time_s) AS mad_s
    FROM timed
    GROUP BY subject, cell_id
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, timed.repetition,
       timed.attempt_id, timed.subject, timed.node_name,
       round(timed.time_s, 3) AS time_s,
       round(usual.median_s, 3) AS median_s,
       usual.measured,
       round(modified_z(timed.time_s, usual.median_s, usual.mad_s), 3) AS z
FROM timed
JOIN usual ON usual.subject = timed.subject AND usual.cell_id = timed.cell_id
JOIN cells ON cells.cell_id = timed.cell_id
WHERE abs(modified_z(timed.time_s, usual.median_s, usual.mad_s)) > 3.5
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, timed.subject, timed.repetition,
         timed.node_name;
