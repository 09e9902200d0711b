-- every phase of every interpreter, in seconds since T
CREATE VIEW phases AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       phase.interpreter,
       phase.ordinal,
       phase_name.name AS phase,
       phase.begin_ns / 1e9 AS begin_s,
       phase.end_ns / 1e9 AS end_s,
       (phase.end_ns - phase.begin_ns) / 1e9 AS duration_s,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM phase
JOIN phase_name ON phase_name.id = phase.name_id
JOIN measured_gaggles USING (gaggle_id);
