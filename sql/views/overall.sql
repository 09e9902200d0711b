-- the founding study's overall time: first start to last exit over all nodes of an attempt that has results
CREATE VIEW overall AS
SELECT experiment, environment, interpreters, nodes, total, repetition,
       (timed.last_exit_ns - timed.first_start_ns) / 1e9 AS time_s,
       (timed.last_start_ns - timed.first_start_ns) / 1e9 AS spread_s,
       timed.failed,
       total - timed.results AS missing,
       state, launcher, experiment_id, cell_id, attempt_id
FROM (
    SELECT attempt_id, results, first_start_ns, last_start_ns, last_exit_ns, failed
    FROM attempt_summary
    WHERE results > 0
    UNION ALL
    SELECT id, NULL, 0, NULL, imported_ns, NULL  -- nothing is known of its interpreters
    FROM attempt
    WHERE imported_ns IS NOT NULL
) AS timed
JOIN measured_attempts USING (attempt_id);
