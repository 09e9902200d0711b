-- the experiments of the report, and how many of their repetitions completed
SELECT experiment.id,
       experiment.name,
       experiment.launcher,
       strftime('%Y-%m-%dT%H:%M:%SZ', experiment.created_unix_ns / 1000000000, 'unixepoch') AS created,
       experiment.gaggle_version,
       experiment.file_sha256,
       experiment.worker_sha256,
       experiment.seed,
       experiment.blocks,
       experiment.cache,
       experiment.start,
       (SELECT count(*) FROM cells WHERE cells.experiment_id = experiment.id) AS cells,
       (SELECT sum(repetitions) FROM cells WHERE cells.experiment_id = experiment.id) AS repetitions,
       (SELECT sum(completed) FROM cells WHERE cells.experiment_id = experiment.id) AS completed,
       (SELECT sum(failed) FROM cells WHERE cells.experiment_id = experiment.id) AS failed,
       (SELECT sum(completed * total) FROM cells WHERE cells.experiment_id = experiment.id) AS interpreters
FROM experiment
WHERE experiment.id IN (SELECT value FROM json_each(:experiments))
ORDER BY experiment.id;
