SELECT environment, nodes, interpreters,
       substr(phase_name.name, length('import ') + 1) AS library,
       count(*) AS imports,
       round(median(phase.end_ns - phase.begin_ns) / 1e9, 6) AS median_s,
       round(min(phase.end_ns - phase.begin_ns) / 1e9, 6) AS min_s,
       round(max(phase.end_ns - phase.begin_ns) / 1e9, 6) AS max_s
FROM latest
JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
JOIN phase ON phase.gaggle_id = gaggle.id
JOIN phase_name ON phase_name.id = phase.name_id
WHERE latest.state = 'COMPLETED'
    AND starts_with(phase_name.name, 'import ')
GROUP BY experiment_id, environment, nodes, interpreters, phase_name.name
ORDER BY experiment_id, environment, interpreters, nodes, median(phase.end_ns - phase.begin_ns) DESC, library;
