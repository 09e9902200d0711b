-- operations per cell, median over completed repetitions: of network file systems, and the interpreters' reads and writes
WITH measured AS (  -- gaggles of attempts all of whose nodes compared their counters
    SELECT latest.cell_id, latest.attempt_id, gaggle.id AS gaggle_id, gaggle.counters_left_out
    FROM latest
    JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
    WHERE latest.state = 'COMPLETED'
        AND NOT EXISTS (
            SELECT 1
            FROM gaggle AS other
            WHERE other.attempt_id = latest.attempt_id AND other.counters_left_out IS NULL
        )
),
moved AS (  -- counters that ever changed in the cell: where one has no row it did not
    SELECT DISTINCT measured.cell_id, counter.source, counter.name AS counter
    FROM measured
    JOIN counter ON counter.gaggle_id = measured.gaggle_id
    WHERE counter.name GLOB '* operations' OR counter.name GLOB '* samples'
),
summed AS (
    SELECT moved.cell_id, measured.attempt_id, moved.source, moved.counter, sum(coalesce(counter.value, 0)) AS value
    FROM moved
    JOIN measured ON measured.cell_id = moved.cell_id
    LEFT JOIN counter ON counter.gaggle_id = measured.gaggle_id
        AND counter.source = moved.source
        AND counter.name = moved.counter
    GROUP BY moved.cell_id, measured.attempt_id, moved.source, moved.counter
    HAVING max(instr(measured.counters_left_out, moved.source || ':')) = 0
    UNION ALL
    SELECT latest.cell_id, latest.attempt_id, 'interpreters', columns.value,
           sum(CASE columns.value
                   WHEN 'read calls' THEN gaggle.read_calls
                   WHEN 'write calls' THEN gaggle.write_calls
                   WHEN 'read bytes' THEN gaggle.read_bytes
                   WHEN 'storage read bytes' THEN gaggle.storage_read_bytes
               END)
    FROM latest
    JOIN gaggle ON gaggle.attempt_id = latest.attempt_id AND gaggle.results > 0
    JOIN json_each('["read calls", "write calls", "read bytes", "storage read bytes"]') AS columns
    WHERE latest.state = 'COMPLETED'
    GROUP BY latest.cell_id, latest.attempt_id, columns.value
    HAVING sum(gaggle.ios) = sum(gaggle.results)
)
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters, cells.total,
       summed.source,
       summed.counter,
       count(*) AS repetitions,
       median(summed.value) AS median,
       round(median(summed.value) / cells.total, 3) AS per_interpreter
FROM cells
JOIN summed ON summed.cell_id = cells.cell_id
GROUP BY cells.cell_id, summed.source, summed.counter
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, summed.source, summed.counter;
