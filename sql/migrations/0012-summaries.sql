-- What is kept at collection so that a question about an attempt, or about all durations of a cell, need not go through
-- millions of interpreters and phases (docs/adr/0013). All of it follows from the rows of interpreter, phase and control.

-- Of a gaggle's interpreters together; NULL: it has none.
ALTER TABLE gaggle ADD COLUMN results INTEGER;         -- how many there are
ALTER TABLE gaggle ADD COLUMN failed INTEGER;          -- of these, not exited with 0
ALTER TABLE gaggle ADD COLUMN first_start_ns INTEGER;  -- since T
ALTER TABLE gaggle ADD COLUMN last_start_ns INTEGER;   -- since T
ALTER TABLE gaggle ADD COLUMN last_exit_ns INTEGER;    -- since T
ALTER TABLE gaggle ADD COLUMN ios INTEGER;             -- how many whose reads and writes are known; the sums are theirs
ALTER TABLE gaggle ADD COLUMN read_calls INTEGER;
ALTER TABLE gaggle ADD COLUMN write_calls INTEGER;
ALTER TABLE gaggle ADD COLUMN read_bytes INTEGER;
ALTER TABLE gaggle ADD COLUMN storage_read_bytes INTEGER;

UPDATE gaggle
SET (results, failed, first_start_ns, last_start_ns, last_exit_ns, ios, read_calls, write_calls, read_bytes,
     storage_read_bytes) = (
    SELECT count(*),
           count(nullif(outcome <> 'Exited' OR status <> 0, 0)),
           min(start_ns),
           max(start_ns),
           max(exit_ns),
           count(read_calls),
           coalesce(sum(read_calls), 0),
           coalesce(sum(write_calls), 0),
           coalesce(sum(read_bytes), 0),
           coalesce(sum(storage_read_bytes), 0)
    FROM interpreter
    WHERE gaggle_id = gaggle.id
)
WHERE EXISTS (SELECT 1 FROM interpreter WHERE gaggle_id = gaggle.id);

-- Few fail; to find them among millions.
CREATE INDEX interpreter_failed ON interpreter (gaggle_id) WHERE outcome <> 'Exited' OR status <> 0;

-- Of the processes of a control on one node together.
CREATE TABLE control_summary (
    gaggle_id INTEGER NOT NULL REFERENCES gaggle (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    processes INTEGER NOT NULL,
    failed INTEGER NOT NULL,         -- of these, not exited with 0
    first_start_ns INTEGER NOT NULL, -- since the control's own T
    last_exit_ns INTEGER NOT NULL,   -- likewise
    sum_ns REAL NOT NULL,            -- of the times from start to exit
    PRIMARY KEY (gaggle_id, name)
) STRICT, WITHOUT ROWID;

INSERT INTO control_summary
SELECT gaggle_id, name,
       count(*),
       count(nullif(outcome <> 'Exited' OR status <> 0, 0)),
       min(start_ns),
       max(exit_ns),
       total(exit_ns - start_ns)
FROM control
GROUP BY gaggle_id, name;

-- All durations of an attempt's interpreters, of each phase and of the whole, in pieces: an exact median of millions needs
-- all of them, and these are some thousand times fewer rows than the phases. A piece is its durations in ascending order
-- (ns), each less the one before it, as unsigned LEB128; the first, which has none before it, folded: n ≥ 0 is 2n,
-- n < 0 is −2n − 1.
CREATE TABLE durations (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    name_id INTEGER NOT NULL,  -- of phase_name; 0: from start to exit
    piece INTEGER NOT NULL,    -- from 0
    ordinal INTEGER NOT NULL,  -- the least that the phase has there
    count INTEGER NOT NULL,
    sum_ns REAL NOT NULL,
    min_ns INTEGER NOT NULL,
    max_ns INTEGER NOT NULL,
    packed BLOB NOT NULL,
    PRIMARY KEY (attempt_id, name_id, piece)
) STRICT, WITHOUT ROWID;

INSERT INTO durations
SELECT attempt_id, name_id, 0, ordinal, count(*), total(ns), min(ns), max(ns), pack(ns)
FROM (
    SELECT gaggle.attempt_id, 0 AS name_id, 0 AS ordinal, interpreter.exit_ns - interpreter.start_ns AS ns
    FROM gaggle
    JOIN interpreter ON interpreter.gaggle_id = gaggle.id
)
GROUP BY attempt_id, name_id;

INSERT INTO durations
SELECT attempt_id, name_id, 0, min(ordinal), count(*), total(ns), min(ns), max(ns), pack(ns)
FROM (
    SELECT gaggle.attempt_id, phase.name_id, phase.ordinal, phase.end_ns - phase.begin_ns AS ns
    FROM gaggle
    JOIN phase ON phase.gaggle_id = gaggle.id
)
GROUP BY attempt_id, name_id;

-- Of an attempt's interpreters together, the median from start to exit; NULL: it has none.
ALTER TABLE attempt ADD COLUMN median_duration_ns REAL;

UPDATE attempt
SET median_duration_ns = (
    SELECT packed_quantile(packed, 0.5)
    FROM durations
    WHERE attempt_id = attempt.id AND name_id = 0
);

PRAGMA user_version = 12;
