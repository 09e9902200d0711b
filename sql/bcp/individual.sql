-- individual time of every node of every completed repetition, as the founding study published its own
WITH timed AS (
    SELECT environment, interpreters, nodes, total, time_s, experiment_id, attempt_id AS major, node AS minor
    FROM individual
    WHERE state = 'COMPLETED'
        AND attempt_id IN (SELECT attempt_id FROM latest)
    UNION ALL
    SELECT environment.name, cell.interpreters, cell.nodes, cell.nodes * cell.interpreters,
           imported_gaggle.time_ns / 1e9, cell.experiment_id, imported_gaggle.line, 0
    FROM imported_gaggle
    JOIN cell ON cell.id = imported_gaggle.cell_id
    JOIN environment ON environment.id = cell.environment_id
)
SELECT environment AS interpreter,
       interpreters AS "n.per.node",
       nodes AS "n.nodes",
       total AS "n.total",
       printf('%.3f', time_s) AS "time.s"
FROM timed
ORDER BY experiment_id, major, minor;
