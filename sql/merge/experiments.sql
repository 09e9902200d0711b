-- experiments that come: those of which an array does, and imported ones, which may have none
SELECT experiment.id, experiment.name, experiment.folder, experiment.worker_file
FROM other.experiment AS experiment
WHERE experiment.id NOT IN (SELECT old FROM moved WHERE space = 'experiment')
    AND (
        experiment.launcher = 'imported'
        OR experiment.id IN (
            SELECT array.experiment_id
            FROM other.array AS array
            JOIN moved ON moved.space = 'array' AND moved.old = array.id
        )
    )
ORDER BY experiment.id;
