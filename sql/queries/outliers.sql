-- attempts and nodes far from their cell's median (modified z-score beyond 3.5); flagged, never left out
WITH timed AS (
    SELECT cell_id, 0 AS is_node, attempt_id, repetition, NULL AS gaggle_id, time_s
    FROM overall
    WHERE state = 'COMPLETED'
    UNION ALL  -- not the view individual: it has all else of each node, too
    SELECT measured.cell_id, 1, measured.attempt_id, measured.repetition, gaggle.id,
           (gaggle.last_exit_ns - gaggle.first_start_ns) / 1e9
    FROM measured_attempts AS measured
    JOIN gaggle ON gaggle.attempt_id = measured.attempt_id
    WHERE measured.state = 'COMPLETED'
    UNION ALL
    SELECT cell_id, 1, NULL, NULL, NULL, time_ns / 1e9
    FROM imported_gaggle
),
usual AS (
    SELECT cell_id, is_node, count(*) AS measured, median(time_s) AS median_s, mad(time_s) AS mad_s
    FROM timed
    GROUP BY cell_id, is_node
),
flagged AS MATERIALIZED (
    SELECT timed.*, usual.measured, usual.median_s, modified_z(timed.time_s, usual.median_s, usual.mad_s) AS z
    FROM timed
    CROSS JOIN usual ON usual.cell_id = timed.cell_id AND usual.is_node = timed.is_node
    WHERE abs(modified_z(timed.time_s, usual.median_s, usual.mad_s)) > 3.5
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, flagged.repetition,
       flagged.attempt_id, iif(flagged.is_node, 'node', 'attempt') AS subject, gaggle.name AS node_name,
       round(flagged.time_s, 3) AS time_s,
       round(flagged.median_s, 3) AS median_s,
       flagged.measured,
       round(flagged.z, 3) AS z
FROM flagged
JOIN cells ON cells.cell_id = flagged.cell_id
LEFT JOIN gaggle ON gaggle.id = flagged.gaggle_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, subject, flagged.repetition,
         gaggle.name;
