-- overall time of every completed repetition, as the founding study published its own: no header, fields separated by |
SELECT environment AS interpreter,
       interpreters AS "n.per.node",
       nodes AS "n.nodes",
       total AS "n.total",
       printf('%.3f', time_s) AS "time.s"
FROM overall
WHERE state = 'COMPLETED'
    AND attempt_id IN (SELECT attempt_id FROM latest)
ORDER BY experiment_id, attempt_id;
