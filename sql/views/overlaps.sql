-- attempts of different cells of one experiment that ran at the same time, by their hosts' wall clocks
CREATE VIEW overlaps AS
SELECT experiment.name AS experiment,
       earlier.id AS attempt_id,
       later.id AS other_attempt_id,
       earlier.cell_id AS cell_id,
       later.cell_id AS other_cell_id,
       (min(earlier.ended_unix_ns, later.ended_unix_ns) - later.began_unix_ns) / 1e9 AS overlap_s,
       experiment.launcher AS launcher,
       experiment.id AS experiment_id
FROM attempt AS earlier
CROSS JOIN attempt AS later  -- CROSS: in this order, by the index on began_unix_ns; otherwise n² in the attempts
    ON later.began_unix_ns >= earlier.began_unix_ns
    AND later.began_unix_ns < earlier.ended_unix_ns
    AND (later.began_unix_ns > earlier.began_unix_ns OR later.id > earlier.id)
CROSS JOIN array AS earlier_array ON earlier_array.id = earlier.array_id
CROSS JOIN array AS later_array ON later_array.id = later.array_id
CROSS JOIN experiment ON experiment.id = earlier_array.experiment_id
WHERE later_array.experiment_id = earlier_array.experiment_id
    AND later.cell_id <> earlier.cell_id;
