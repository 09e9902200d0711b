-- how far apart the interpreters of a cell's repetitions started, in seconds
SELECT experiment_id, environment, nodes, interpreters,
       count(*) AS repetitions,
       median(spread_s) AS median_s,
       max(spread_s) AS max_s,
       max(fraction) AS max_fraction,
       sum(wide) AS wide,
       max(clock_uncertainty_s) AS clock_uncertainty_s
FROM spread
WHERE state = 'COMPLETED'
    AND attempt_id IN (SELECT attempt_id FROM latest)
    AND experiment_id IN (SELECT value FROM json_each(:experiments))
GROUP BY cell_id
ORDER BY experiment_id, environment, interpreters, nodes;
