-- system calls of each traced interpreter on files, by kind; if none were counted, NULL, and trouble says why
CREATE VIEW calls AS
SELECT experiment, environment, interpreters, nodes, repetition,
       traced_call.kind,
       traced_call.count AS calls,
       traced_call.failed,
       traced_call.enoent,
       traced_call.bytes,
       trouble,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM traces
LEFT JOIN traced_call USING (gaggle_id);
