-- interpreter version and packages as each environment said them itself: which environments are the same, which changed
WITH seen AS (
    SELECT experiment_id,
           experiment,
           launcher,
           environment,
           version,
           packages_sha256,
           max(packages) AS packages,
           count(*) AS attempts,
           min(attempt_id) AS first_attempt,
           max(attempt_id) AS last_attempt,
           count(trouble) AS troubled,
           max(trouble) AS trouble
    FROM identity
    GROUP BY experiment_id, environment, version, packages_sha256
)
SELECT seen.experiment, seen.launcher, seen.environment, seen.version, seen.packages, seen.packages_sha256,
       seen.attempts, seen.first_attempt, seen.last_attempt,
       (
           SELECT group_concat(environment, ', ')
           FROM (
               SELECT other.environment
               FROM seen AS other
               WHERE other.experiment_id = seen.experiment_id
                   AND other.environment <> seen.environment
                   AND other.version = seen.version
                   AND other.packages_sha256 = seen.packages_sha256
               ORDER BY other.environment
           )
       ) AS same_as,
       CASE
           WHEN seen.troubled = seen.attempts THEN 'not all is known: ' || seen.trouble
           WHEN (
               SELECT count(*)
               FROM seen AS other
               WHERE other.experiment_id = seen.experiment_id
                   AND other.environment = seen.environment
                   AND other.troubled < other.attempts
           ) > 1 THEN 'the environment changed under way'
       END AS warning
FROM seen
ORDER BY seen.experiment_id, seen.environment, seen.first_attempt;
