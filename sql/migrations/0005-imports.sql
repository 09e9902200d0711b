-- Measurements that others made and published, beside our own.
--
-- An imported overall time is an attempt, COMPLETED, of an array that Slurm never saw: queries need not know of it. Of
-- an individual time nobody knows which attempt it belongs to: those have a table of their own, by cell.

-- Nobody knows the worker, the template, the seed and the time-outs of an imported experiment. SQLite's way to take
-- back a NOT NULL, which is in the schema's text alone (https://sqlite.org/lang_altertable.html#otheralter): rows, and other
-- tables' foreign keys to them, stay as they are.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(replace(replace(replace(replace(replace(replace(sql,
    'CHECK (launcher IN (''slurm'', ''local'')),  -- local: "nodes" were processes of one machine',
    'CHECK (launcher IN (''slurm'', ''local'', ''imported'')),
                                       -- local: "nodes" were processes of one machine; imported: others measured'),
    'worker_file TEXT NOT NULL,         --', 'worker_file TEXT,                  -- NULL: imported;'),
    'template_sha256 TEXT NOT NULL,     --', 'template_sha256 TEXT,              -- NULL: imported;'),
    'worker_sha256 TEXT NOT NULL,       --', 'worker_sha256 TEXT,                -- NULL: imported;'),
    'seed INTEGER NOT NULL,             --', 'seed INTEGER,                      -- NULL: imported;'),
    'interpreter_timeout_ms INTEGER NOT NULL,  --', 'interpreter_timeout_ms INTEGER,    -- NULL: imported;'),
    'node_timeout_ms INTEGER NOT NULL          --',
    'node_timeout_ms INTEGER,           -- NULL: imported;')
WHERE type = 'table' AND name = 'experiment';
UPDATE sqlite_schema
SET sql = replace(sql,
') STRICT',
'    CHECK (launcher = ''imported''  -- || with a NULL gives NULL
        OR worker_file || template_sha256 || worker_sha256 || seed || interpreter_timeout_ms || node_timeout_ms NOTNULL)
) STRICT')
WHERE type = 'table' AND name = 'experiment';
UPDATE sqlite_schema
SET sql = replace(sql, 'folder TEXT NOT NULL UNIQUE, --', 'folder TEXT UNIQUE,          -- NULL: imported;')
WHERE type = 'table' AND name = 'array';
PRAGMA writable_schema = RESET;

ALTER TABLE attempt ADD COLUMN imported_ns INTEGER;  -- the published overall time; NULL: its interpreters say it

-- A published individual time: one node's interpreters, first start to last exit, in an attempt that is not known.
CREATE TABLE imported_gaggle (
    cell_id INTEGER NOT NULL REFERENCES cell (id),
    line INTEGER NOT NULL,     -- of its file, from 1
    time_ns INTEGER NOT NULL,
    PRIMARY KEY (cell_id, line)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 5;
