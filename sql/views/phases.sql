-- every phase of every interpreter, in seconds since T
CREATE VIEW phases AS
SELECT attempts.experiment,
       attempts.environment,
       attempts.interpreters,
       attempts.nodes,
       attempts.total,
       attempts.repetition,
       gaggle.node,
       gaggle.name AS node_name,
       phase.interpreter,
       phase.ordinal,
       phase_name.name AS phase,
       phase.begin_ns / 1e9 AS begin_s,
       phase.end_ns / 1e9 AS end_s,
       (phase.end_ns - phase.begin_ns) / 1e9 AS duration_s,
       attempts.state,
       attempts.launcher,
       attempts.experiment_id,
       attempts.cell_id,
       attempts.attempt_id,
       gaggle.id AS gaggle_id
FROM phase
JOIN phase_name ON phase_name.id = phase.name_id
JOIN gaggle ON gaggle.id = phase.gaggle_id
JOIN attempts ON attempts.attempt_id = gaggle.attempt_id;
