-- system calls of each traced interpreter on files, by kind; if none were counted, NULL, and trouble says why
CREATE VIEW calls AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.repetition,
       traced_call.kind,
       traced_call.count AS calls,
       traced_call.failed,
       traced_call.enoent,
       traced_call.bytes,
       trace.trouble,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       trace.gaggle_id
FROM trace
JOIN gaggle ON gaggle.id = trace.gaggle_id
JOIN all_attempts AS attempts ON attempts.attempt_id = gaggle.attempt_id
LEFT JOIN traced_call ON traced_call.gaggle_id = trace.gaggle_id;
