-- folders in which a traced interpreter of each environment looked for most that was not there
SELECT experiment, launcher, environment, directory, lookups, enoent
FROM lookups
WHERE attempt_id IN (SELECT attempt_id FROM all_latest)
ORDER BY experiment_id, environment, enoent DESC, lookups DESC, directory;
