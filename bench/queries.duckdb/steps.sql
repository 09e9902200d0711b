SELECT environment, nodes, interpreters,
       step.name AS step,
       step.command,
       count(*) AS times,
       count(*) FILTER (step.status <> 0) AS failed,
       round(median(step.duration_ns) / 1e9, 3) AS median_s,
       round(max(step.duration_ns) / 1e9, 3) AS max_s
FROM latest
JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
JOIN step ON step.gaggle_id = gaggle.id
GROUP BY experiment_id, environment, nodes, interpreters, step.name, step.command
ORDER BY experiment_id, environment, interpreters, nodes, step.name, step.command;
