-- What a node does around the measurement: set-up, staging, and the controls beside it.

ALTER TABLE environment ADD COLUMN setup TEXT;    -- shell command whose environment each node captured; NULL: none
ALTER TABLE environment ADD COLUMN stage TEXT NOT NULL DEFAULT '[]';    -- JSON list: shell commands before
ALTER TABLE environment ADD COLUMN unstage TEXT NOT NULL DEFAULT '[]';  -- JSON list: shell commands after
ALTER TABLE environment ADD COLUMN controls TEXT NOT NULL DEFAULT '{}'; -- JSON object: name → argv

-- A shell command that a node ran once in an attempt, apart from what is measured.
CREATE TABLE step (
    gaggle_id INTEGER NOT NULL REFERENCES gaggle (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,      -- from 0, in the order in which they ran
    name TEXT NOT NULL,            -- setup, stage, unstage
    command TEXT NOT NULL,
    duration_ns INTEGER NOT NULL,
    status INTEGER NOT NULL,       -- exit code; 128 + signal
    error TEXT,                    -- its first error line; NULL: none
    PRIMARY KEY (gaggle_id, ordinal)
) STRICT, WITHOUT ROWID;

-- One process of a control, measured as the interpreters were, after they had ended. Never mixed with them.
CREATE TABLE control (
    gaggle_id INTEGER NOT NULL REFERENCES gaggle (id) ON DELETE CASCADE,
    name TEXT NOT NULL,            -- null: the interpreter doing nothing
    number INTEGER NOT NULL,       -- on its node, from 0
    outcome TEXT NOT NULL CHECK (outcome IN ('Exited', 'Signaled', 'ExecFailed', 'TimedOut')),
    status INTEGER NOT NULL,       -- as in interpreter
    error TEXT,                    -- its first error line; NULL: none
    start_ns INTEGER NOT NULL,     -- since the control's own T
    exit_ns INTEGER NOT NULL,      -- since the control's own T
    user_us INTEGER NOT NULL,
    system_us INTEGER NOT NULL,
    max_rss_kib INTEGER NOT NULL,
    PRIMARY KEY (gaggle_id, name, number)
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 4;
