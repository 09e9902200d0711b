-- what the environment's interpreter said of itself in each attempt: its version and its packages
CREATE VIEW identity AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       inspection.version,
       package_set.sha256 AS packages_sha256,
       json_array_length(package_set.packages) AS packages,
       inspection.trouble,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM inspection
JOIN measured_gaggles USING (gaggle_id)
LEFT JOIN package_set ON package_set.id = inspection.package_set_id;
