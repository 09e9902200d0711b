-- how far apart each attempt's interpreters started, beside their median duration and the clocks' uncertainty
SELECT experiment, launcher, environment, nodes, interpreters, repetition, state,
       round(spread_s, 6) AS spread_s,
       round(last_start_s, 6) AS last_start_s,
       round(median_duration_s, 3) AS median_duration_s,
       round(fraction, 4) AS fraction,
       wide,
       round(clock_uncertainty_s, 6) AS clock_uncertainty_s,
       round(clock_drift_s, 6) AS clock_drift_s
FROM spread
ORDER BY experiment_id, environment, interpreters, nodes, repetition, attempt_id;
