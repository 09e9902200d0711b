-- system calls of one traced interpreter of each environment, by kind: how many, how many in vain, bytes
SELECT experiment, launcher, environment, kind, calls, failed, enoent, bytes, trouble
FROM calls
WHERE attempt_id IN (SELECT attempt_id FROM all_latest)
ORDER BY experiment_id, environment, calls DESC, kind;
