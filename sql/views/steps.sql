-- what each node did apart from what is measured: set-up, staging, mounting the image, unstaging
CREATE VIEW steps AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       done.step,
       done.command,
       done.time_s,
       done.status,
       done.error,
       state, launcher, experiment_id, cell_id, measured_attempts.attempt_id, gaggle_id
FROM (
    SELECT gaggle.attempt_id AS attempt_id,
           gaggle.id AS gaggle_id,
           gaggle.node AS node,
           gaggle.name AS node_name,
           step.name AS step,
           step.command AS command,
           step.duration_ns / 1e9 AS time_s,
           step.status AS status,
           step.error AS error
    FROM gaggle
    JOIN step ON step.gaggle_id = gaggle.id
    UNION ALL
    SELECT gaggle.attempt_id, gaggle.id, gaggle.node, gaggle.name, 'mount', gaggle.mounted_by, gaggle.mount_ns / 1e9, 0, NULL
    FROM gaggle
    WHERE gaggle.mount_ns IS NOT NULL
) AS done
JOIN measured_attempts ON measured_attempts.attempt_id = done.attempt_id;
