-- every interpreter: when it started and ended since T, how it ended and what it used
CREATE VIEW interpreters AS
SELECT experiment, environment, interpreters, nodes, total, repetition, node, node_name,
       interpreter.number AS interpreter,
       interpreter.start_ns / 1e9 AS start_s,
       interpreter.exit_ns / 1e9 AS exit_s,
       (interpreter.exit_ns - interpreter.start_ns) / 1e9 AS duration_s,
       interpreter.outcome,
       interpreter.status,
       interpreter.error,
       interpreter.user_us / 1e6 AS user_s,
       interpreter.system_us / 1e6 AS system_s,
       interpreter.max_rss_kib,
       interpreter.minor_faults,
       interpreter.major_faults,
       interpreter.blocks_in,
       interpreter.blocks_out,
       interpreter.voluntary_switches,
       interpreter.involuntary_switches,
       interpreter.read_bytes,
       interpreter.write_bytes,
       interpreter.read_calls,
       interpreter.write_calls,
       interpreter.storage_read_bytes,
       interpreter.storage_write_bytes,
       interpreter.cancelled_write_bytes,
       state, launcher, experiment_id, cell_id, attempt_id, gaggle_id
FROM interpreter
JOIN measured_gaggles USING (gaggle_id);
