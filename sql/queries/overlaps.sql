-- attempts of different cells of one experiment that ran at the same time; empty if cells were serialised
SELECT overlaps.experiment,
       overlaps.launcher,
       overlaps.attempt_id,
       one.environment,
       one.nodes,
       one.interpreters,
       one.role,
       one.repetition,
       overlaps.other_attempt_id,
       other.environment AS other_environment,
       other.nodes AS other_nodes,
       other.interpreters AS other_interpreters,
       other.role AS other_role,
       other.repetition AS other_repetition,
       round(overlaps.overlap_s, 3) AS overlap_s
FROM overlaps
JOIN all_attempts AS one ON one.attempt_id = overlaps.attempt_id
JOIN all_attempts AS other ON other.attempt_id = overlaps.other_attempt_id
ORDER BY overlaps.experiment_id, overlaps.attempt_id, overlaps.other_attempt_id;
