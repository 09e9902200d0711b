-- What a cell is for, and what tracing an interpreter found.
--
-- What makes a cell unique changes, which SQLite does only to a new table: made, filled, put in the old one's place
-- (https://sqlite.org/lang_altertable.html#otheralter). Whoever applies this has foreign keys switched off, and
-- checks them before it commits.

CREATE TABLE new_cell (
    id INTEGER PRIMARY KEY,
    experiment_id INTEGER NOT NULL REFERENCES experiment (id),
    position INTEGER NOT NULL,      -- in the grid's reading order, from 0; the sentinel and those to trace behind it
    environment_id INTEGER NOT NULL,
    nodes INTEGER NOT NULL CHECK (nodes > 0),
    interpreters INTEGER NOT NULL CHECK (interpreters > 0),  -- per node
    -- measured: a result. sentinel: measured again and again, to see whether the machine stayed the same. trace: its
    -- interpreters' calls were counted, its times say nothing. Never mix them
    role TEXT NOT NULL DEFAULT 'measured' CHECK (role IN ('measured', 'sentinel', 'trace')),
    UNIQUE (experiment_id, position),
    UNIQUE (experiment_id, environment_id, nodes, interpreters, role),
    UNIQUE (experiment_id, id),     -- for array's foreign key
    FOREIGN KEY (experiment_id, environment_id) REFERENCES environment (experiment_id, id)
) STRICT;
INSERT INTO new_cell (id, experiment_id, position, environment_id, nodes, interpreters)
SELECT id, experiment_id, position, environment_id, nodes, interpreters
FROM cell;
DROP TABLE cell;
PRAGMA legacy_alter_table = ON;  -- or a user's own view of what is not there just now would stop it
ALTER TABLE new_cell RENAME TO cell;
PRAGMA legacy_alter_table = OFF;

-- What one traced interpreter, with its descendants, asked of file systems from its exec on. Its times are those of a
-- traced program. Numbers are NULL if nothing was traced; trouble says why.
CREATE TABLE trace (
    gaggle_id INTEGER PRIMARY KEY REFERENCES gaggle (id) ON DELETE CASCADE,
    files_opened INTEGER,     -- distinct files and folders, links resolved
    paths_looked_up INTEGER,  -- distinct, as the program spelled them
    threads INTEGER,          -- of all its processes, the first included
    wall_ns INTEGER,          -- from exec to the program's exit
    status INTEGER,           -- as wait4(2) gives it
    error TEXT,               -- its first error line; NULL: none
    trouble TEXT,             -- why the counts are missing or not whole; NULL: they are whole
    import_trouble TEXT       -- why import times are missing; NULL: they are there, or the language has none
) STRICT;

-- Its system calls that returned, by kind (worker/calls.cpp has which call is of which).
CREATE TABLE traced_call (
    gaggle_id INTEGER NOT NULL REFERENCES trace (gaggle_id) ON DELETE CASCADE,
    kind TEXT NOT NULL,       -- open, stat, fstat, access, readlink, getdents, read, write, mmap, execve
    count INTEGER NOT NULL,
    failed INTEGER NOT NULL,  -- of these
    enoent INTEGER NOT NULL,  -- of the failed: there was nothing by that name
    bytes INTEGER NOT NULL,   -- read, written, mapped, or of directory entries; 0 for other kinds
    PRIMARY KEY (gaggle_id, kind)
) STRICT, WITHOUT ROWID;

-- The folders with most look-ups in vain (open, stat, access, readlink, execve of what is directly in them), at most 20.
CREATE TABLE traced_directory (
    gaggle_id INTEGER NOT NULL REFERENCES trace (gaggle_id) ON DELETE CASCADE,
    directory TEXT NOT NULL,   -- absolute, as the program spelled it
    lookups INTEGER NOT NULL,  -- calls
    enoent INTEGER NOT NULL,   -- of these, in vain
    PRIMARY KEY (gaggle_id, directory)
) STRICT, WITHOUT ROWID;

-- What `python -X importtime` said in a run of its own, in its order: a module follows what it imports.
CREATE TABLE import_time (
    gaggle_id INTEGER NOT NULL REFERENCES trace (gaggle_id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,  -- from 0
    module TEXT NOT NULL,      -- full name
    depth INTEGER NOT NULL,    -- 0: imported by the program (or at start-up), 1: by one of those, …
    self_us INTEGER NOT NULL,  -- without what it imports
    cumulative_us INTEGER NOT NULL,  -- with it
    PRIMARY KEY (gaggle_id, ordinal)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 9;
