-- An array may hold repetitions of several cells: the cell is the attempt's, no longer the array's.
--
-- Both tables are made anew, as in 0009; whoever applies this has foreign keys switched off, and checks them before it
-- commits.

CREATE TABLE new_attempt (
    id INTEGER PRIMARY KEY,        -- grows: of two attempts at one repetition the later has the higher id
    array_id INTEGER NOT NULL REFERENCES array (id),
    task INTEGER NOT NULL,         -- Slurm's array task index
    cell_id INTEGER NOT NULL REFERENCES cell (id),  -- of the array's experiment; all of an array need as many nodes
    repetition INTEGER NOT NULL,   -- of the cell, from 1; cell and repetition are stored, never computed from task
    state TEXT NOT NULL DEFAULT 'PLANNED' REFERENCES attempt_state (state),
    reason TEXT,                   -- the state in words; NULL: nothing to say
    slurm_state TEXT,              -- as Slurm last said it, even a state that gaggle does not know; NULL: it never said
    slurm_reason TEXT,             -- its reason in words; NULL: none
    slurm_exit_code INTEGER,       -- of the batch script; NULL: not ended, or not known
    slurm_signal INTEGER,          -- that ended the batch script; NULL: none
    slurm_restarts INTEGER,        -- times that Slurm requeued it; NULL: it never said
    slurm_nodes TEXT,              -- compressed host list; NULL: not started
    slurm_start_unix_s INTEGER,    -- whole seconds are all that Slurm gives; NULL: not started
    slurm_end_unix_s INTEGER,      -- NULL: not ended
    record_file TEXT,              -- name of the record file that the rows below come from; NULL: none read yet
    record_closed INTEGER CHECK (record_closed IN (0, 1)),  -- 0: torn, rows may be missing; NULL: no record
    record_restart INTEGER,        -- the restart that the record measured; this and all below are NULL without a record
    record_array_job_id INTEGER,   -- Slurm's ids as the job itself saw them; NULL without Slurm
    record_job_id INTEGER,
    host TEXT,                     -- where the coordinator ran
    worker_version TEXT,
    began_unix_ns INTEGER,         -- the coordinator's first act
    ended_unix_ns INTEGER,         -- and its last; NULL also: the record does not say
    met_ns INTEGER,                -- since B: last node arrived, or the deadline; NULL also: not reached
    prepared_ns INTEGER,           -- since B: last node ready; NULL also: not reached
    release_ns INTEGER,            -- since B: T; NULL also: not reached
    gathered_ns INTEGER,           -- since B: last result; NULL also: not reached
    note TEXT,                     -- why it stopped early, in the coordinator's words; NULL also: all went well
    forgotten_unix_ns INTEGER,     -- when slurmctld, and slurmdbd, were first found to have forgotten it; NULL: never
    imported_ns INTEGER,           -- the published overall time; NULL: its interpreters say it
    UNIQUE (array_id, task),
    UNIQUE (array_id, cell_id, repetition)
) STRICT;
INSERT INTO new_attempt
SELECT attempt.id, array_id, task, array.cell_id, repetition, state, reason, slurm_state, slurm_reason, slurm_exit_code,
       slurm_signal, slurm_restarts, slurm_nodes, slurm_start_unix_s, slurm_end_unix_s, record_file, record_closed,
       record_restart, record_array_job_id, record_job_id, host, worker_version, began_unix_ns, ended_unix_ns, met_ns,
       prepared_ns, release_ns, gathered_ns, note, forgotten_unix_ns, imported_ns
FROM attempt
JOIN array ON array.id = attempt.array_id;
DROP TABLE attempt;

-- One Slurm job array: repetitions of one block, of one cell or of those that need the same number of nodes. Written
-- before Slurm hears of it.
CREATE TABLE new_array (
    id INTEGER PRIMARY KEY,
    experiment_id INTEGER NOT NULL REFERENCES experiment (id),
    position INTEGER NOT NULL,   -- in the realised random order, from 0
    block INTEGER NOT NULL,      -- from 0; every block holds every cell once
    token TEXT NOT NULL UNIQUE,  -- its identity, also in the job's comment: job ids may be reused, this is not
    folder TEXT UNIQUE,          -- of its spec, script, records and logs; relative to the store; NULL: imported
    slurm_job_id INTEGER,        -- Slurm's id of the whole array; NULL: not submitted, or no Slurm
    submitted_unix_ns INTEGER,   -- handed to Slurm or to the local runner; NULL: not yet
    command_line TEXT,           -- what submitted it; NULL: not yet
    refusal TEXT,                -- why it could not be submitted at the last try; NULL: it was not refused
    UNIQUE (experiment_id, position),
    CHECK (slurm_job_id IS NULL OR submitted_unix_ns IS NOT NULL)
) STRICT;
INSERT INTO new_array
SELECT id, experiment_id, position, block, token, folder, slurm_job_id, submitted_unix_ns, command_line, refusal
FROM array;
DROP TABLE array;

PRAGMA legacy_alter_table = ON;  -- or a user's own view of what is not there just now would stop it
ALTER TABLE new_attempt RENAME TO attempt;
ALTER TABLE new_array RENAME TO array;
PRAGMA legacy_alter_table = OFF;

CREATE INDEX attempt_by_time ON attempt (began_unix_ns);  -- the view overlaps
CREATE INDEX attempt_by_cell ON attempt (cell_id, repetition);  -- which of the attempts at a repetition is the latest

PRAGMA user_version = 11;
