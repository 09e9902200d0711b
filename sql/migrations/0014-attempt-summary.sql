-- What an attempt's gaggles say together, kept at collection (docs/adr/0013): most questions are about attempts, and need
-- not go through all of their nodes.

-- Of all of an attempt's nodes and their interpreters together; no row: it has no nodes. Times are NULL without results.
CREATE TABLE attempt_summary (
    attempt_id INTEGER PRIMARY KEY REFERENCES attempt (id) ON DELETE CASCADE,
    results INTEGER NOT NULL,      -- how many interpreters have one
    failed INTEGER NOT NULL,       -- of these, not exited with 0
    first_start_ns INTEGER,        -- since T
    last_start_ns INTEGER,         -- since T
    last_exit_ns INTEGER,          -- since T
    steps_ns INTEGER,              -- the longest gaggle.steps_ns; NULL: none did any
    staging_ns INTEGER,            -- the longest of any node, with unstaging and mounting, without set-up; NULL: none
    clock_uncertainty_ns INTEGER,  -- the largest of any node; NULL: no clock was compared
    clock_drift_ns INTEGER,        -- the largest of any node, its sign left out; NULL: none was compared twice
    ios INTEGER NOT NULL,          -- how many interpreters whose reads and writes are known; the sums are theirs
    read_calls INTEGER NOT NULL,
    write_calls INTEGER NOT NULL,
    read_bytes INTEGER NOT NULL,
    storage_read_bytes INTEGER NOT NULL
) STRICT;

INSERT INTO attempt_summary
SELECT attempt_id,
       coalesce(sum(results), 0),
       coalesce(sum(failed), 0),
       min(first_start_ns),
       max(last_start_ns),
       max(last_exit_ns),
       max(steps_ns),
       CAST(max(coalesce(staged_ns + mount_ns, staged_ns, mount_ns)) AS INTEGER),
       max(max(coalesce(clock_before_uncertainty_ns, 0), coalesce(clock_after_uncertainty_ns, 0)))
           FILTER (WHERE clock_before_uncertainty_ns IS NOT NULL),
       CAST(max(max(clock_after_offset_ns - clock_before_offset_ns, clock_before_offset_ns - clock_after_offset_ns))
           AS INTEGER),
       coalesce(sum(ios), 0),
       CAST(total(read_calls) AS INTEGER),
       CAST(total(write_calls) AS INTEGER),
       CAST(total(read_bytes) AS INTEGER),
       CAST(total(storage_read_bytes) AS INTEGER)
FROM (
    SELECT *, (
               SELECT CASE WHEN count(*) > 0 THEN total(duration_ns) END
               FROM step
               WHERE gaggle_id = gaggle.id AND name <> 'setup'
           ) AS staged_ns
    FROM gaggle
)
GROUP BY attempt_id;

-- What is still asked of each node.
DROP INDEX gaggle_summary;
CREATE INDEX gaggle_time ON gaggle (attempt_id, first_start_ns, last_exit_ns);

PRAGMA user_version = 14;
