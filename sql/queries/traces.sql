-- one traced interpreter of each environment: files opened, paths looked up, calls that asked for metadata or data
WITH counted AS (
    SELECT gaggle_id,
           sum(calls) FILTER (WHERE kind IN ('open', 'stat', 'fstat', 'access', 'readlink', 'getdents')) AS metadata,
           sum(calls) FILTER (WHERE kind IN ('read', 'write', 'mmap')) AS data,
           sum(enoent) AS enoent,
           sum(bytes) FILTER (WHERE kind = 'read') AS read_bytes,
           sum(bytes) FILTER (WHERE kind = 'mmap') AS mapped_bytes
    FROM calls
    GROUP BY gaggle_id
)
SELECT traces.experiment, traces.launcher, traces.environment,
       counted.metadata AS metadata_calls,
       counted.enoent,
       counted.data AS data_calls,
       counted.read_bytes,
       counted.mapped_bytes,
       traces.files_opened,
       traces.paths_looked_up,
       traces.threads,
       traces.trouble,
       traces.import_trouble
FROM traces
JOIN counted ON counted.gaggle_id = traces.gaggle_id
WHERE traces.attempt_id IN (SELECT attempt_id FROM all_latest)
ORDER BY traces.experiment_id, traces.environment;
