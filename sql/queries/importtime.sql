-- what each module took in one interpreter of each environment, by python -X importtime: slowest by themselves first
SELECT experiment, launcher, environment, module, depth,
       round(self_s, 6) AS self_s,
       round(cumulative_s, 6) AS cumulative_s
FROM import_times
WHERE attempt_id IN (SELECT attempt_id FROM all_latest)
ORDER BY experiment_id, environment, self_s DESC, ordinal;
