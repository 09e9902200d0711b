-- operations per cell, median over completed repetitions: of network file systems, and the interpreters' reads and writes
WITH uncounted AS (
    SELECT attempt_id, counters_left_out
    FROM gaggle
    WHERE counters_left_out IS NULL OR counters_left_out <> ''
),
measured AS (  -- attempts all of whose nodes compared their counters
    SELECT cell_id, attempt_id
    FROM latest
    WHERE state = 'COMPLETED'
        AND attempt_id NOT IN (SELECT attempt_id FROM uncounted WHERE counters_left_out IS NULL)
),
moved AS (  -- counters that ever changed in the cell: where one has no row it did not
    SELECT DISTINCT measured.cell_id, counter.source, counter.name AS counter
    FROM measured
    JOIN counter_summary AS counter ON counter.attempt_id = measured.attempt_id
    WHERE counter.name GLOB '* operations' OR counter.name GLOB '* samples'
),
io AS (  -- attempts of which all interpreters' reads and writes are known
    SELECT *
    FROM attempt_summary
    WHERE ios = results
        AND results > 0
),
summed AS (
    SELECT moved.cell_id, moved.source, moved.counter, coalesce(counter.sum, 0) AS value
    FROM moved
    JOIN measured ON measured.cell_id = moved.cell_id
    LEFT JOIN counter_summary AS counter
        ON counter.attempt_id = measured.attempt_id
        AND counter.source = moved.source
        AND counter.name = moved.counter
    WHERE NOT EXISTS (
        SELECT 1
        FROM uncounted
        WHERE uncounted.attempt_id = measured.attempt_id AND instr(uncounted.counters_left_out, moved.source || ':') > 0
    )
    UNION ALL
    SELECT latest.cell_id, 'interpreters', columns.value,
           CASE columns.value
               WHEN 'read calls' THEN io.read_calls
               WHEN 'write calls' THEN io.write_calls
               WHEN 'read bytes' THEN io.read_bytes
               WHEN 'storage read bytes' THEN io.storage_read_bytes
           END
    FROM latest
    JOIN io ON io.attempt_id = latest.attempt_id
    JOIN json_each('["read calls", "write calls", "read bytes", "storage read bytes"]') AS columns
    WHERE latest.state = 'COMPLETED'
),
usual AS (
    SELECT cell_id, source, counter, count(*) AS repetitions, median(value) AS median
    FROM summed
    GROUP BY cell_id, source, counter
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       usual.source,
       usual.counter,
       usual.repetitions,
       usual.median,
       round(usual.median / cells.total, 3) AS per_interpreter
FROM cells
JOIN usual ON usual.cell_id = cells.cell_id
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, usual.source, usual.counter;
