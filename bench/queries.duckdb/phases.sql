SELECT environment, nodes, interpreters,
       phase_name.name AS phase,
       count(*) AS measured,
       round(median(phase.end_ns - phase.begin_ns) / 1e9, 6) AS median_s,
       round(avg(phase.end_ns - phase.begin_ns) / 1e9, 6) AS mean_s,
       round(min(phase.end_ns - phase.begin_ns) / 1e9, 6) AS min_s,
       round(max(phase.end_ns - phase.begin_ns) / 1e9, 6) AS max_s
FROM latest
JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
JOIN phase ON phase.gaggle_id = gaggle.id
JOIN phase_name ON phase_name.id = phase.name_id
WHERE latest.state = 'COMPLETED'
GROUP BY experiment_id, environment, nodes, interpreters, phase_name.name
ORDER BY experiment_id, environment, interpreters, nodes, min(phase.ordinal), phase;
