-- the report's series: each environment of each experiment, in the order of its file
SELECT environment.experiment_id, environment.name AS environment, environment.kind
FROM environment
WHERE environment.experiment_id IN (SELECT value FROM json_each(:experiments))
ORDER BY environment.experiment_id, environment.position;
