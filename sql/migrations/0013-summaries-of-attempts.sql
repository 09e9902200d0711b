-- More of what is kept at collection (docs/adr/0013): what a question about attempts asks of their nodes, in one narrow
-- index, and what it asks of controls and counters for each attempt and no longer for each node.

-- How long a gaggle's set-up, staging and mounting took together; NULL: it did none of it.
ALTER TABLE gaggle ADD COLUMN steps_ns INTEGER;

UPDATE gaggle
SET steps_ns = (
    SELECT sum(duration_ns)
    FROM step
    WHERE gaggle_id = gaggle.id AND name <> 'unstage'
);
UPDATE gaggle
SET steps_ns = coalesce(steps_ns, 0) + mount_ns
WHERE mount_ns IS NOT NULL;

-- A gaggle's row is wide, and what it says of its interpreters together, and of its clock, is asked for most.
CREATE INDEX gaggle_summary ON gaggle (
    attempt_id, results, failed, first_start_ns, last_start_ns, last_exit_ns, steps_ns, ios, read_calls, write_calls,
    read_bytes, storage_read_bytes, clock_before_offset_ns, clock_before_uncertainty_ns, clock_after_offset_ns,
    clock_after_uncertainty_ns
);

-- Few nodes leave a counter out, or did not count: NULL.
CREATE INDEX gaggle_uncounted ON gaggle (attempt_id, counters_left_out)
WHERE counters_left_out IS NULL OR counters_left_out <> '';

-- Not renamed: that fails if somebody's own view needs one of ours, which are not there during a migration.
CREATE TABLE control_of_attempt AS
SELECT gaggle.attempt_id, summary.name, sum(summary.processes) AS processes, sum(summary.failed) AS failed,
       min(summary.first_start_ns) AS first_start_ns, max(summary.last_exit_ns) AS last_exit_ns,
       total(summary.sum_ns) AS sum_ns
FROM control_summary AS summary
JOIN gaggle ON gaggle.id = summary.gaggle_id
GROUP BY gaggle.attempt_id, summary.name;

DROP TABLE control_summary;

-- Of the processes of a control on all of an attempt's nodes together.
CREATE TABLE control_summary (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    processes INTEGER NOT NULL,
    failed INTEGER NOT NULL,         -- of these, not exited with 0
    first_start_ns INTEGER NOT NULL, -- since the control's own T
    last_exit_ns INTEGER NOT NULL,   -- likewise
    sum_ns REAL NOT NULL,            -- of the times from start to exit
    PRIMARY KEY (attempt_id, name)
) STRICT, WITHOUT ROWID;

INSERT INTO control_summary SELECT * FROM control_of_attempt;
DROP TABLE control_of_attempt;

-- By how much a counter changed on all of an attempt's nodes together.
CREATE TABLE counter_summary (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    name TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (attempt_id, source, name)
) STRICT, WITHOUT ROWID;

INSERT INTO counter_summary
SELECT gaggle.attempt_id, counter.source, counter.name, CAST(total(counter.value) AS INTEGER)
FROM counter
JOIN gaggle ON gaggle.id = counter.gaggle_id
GROUP BY gaggle.attempt_id, counter.source, counter.name;

PRAGMA user_version = 13;
