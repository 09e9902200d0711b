-- what the environment's interpreter said of itself in each attempt: its version and its packages
CREATE VIEW identity AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       gaggle.node,
       gaggle.name AS node_name,
       inspection.version,
       package_set.sha256 AS packages_sha256,
       json_array_length(package_set.packages) AS packages,
       inspection.trouble,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       gaggle.id AS gaggle_id
FROM inspection
JOIN gaggle ON gaggle.id = inspection.gaggle_id
JOIN attempts ON attempts.attempt_id = gaggle.attempt_id
LEFT JOIN package_set ON package_set.id = inspection.package_set_id;
