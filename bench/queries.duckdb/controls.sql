SELECT environment, nodes, interpreters, control,
       count(*) AS repetitions,
       round(median(time_s), 4) AS median_s,
       round(median(mean_s), 4) AS median_of_one_s
FROM latest
JOIN (
    SELECT gaggle.attempt_id, control.name AS control,
           (max(control.exit_ns) - min(control.start_ns)) / 1e9 AS time_s,
           avg(control.exit_ns - control.start_ns) / 1e9 AS mean_s
    FROM gaggle
    JOIN control ON control.gaggle_id = gaggle.id
    GROUP BY ALL
) USING (attempt_id)
WHERE state = 'COMPLETED'
GROUP BY experiment_id, environment, nodes, interpreters, control
ORDER BY experiment_id, environment, interpreters, nodes, control;
