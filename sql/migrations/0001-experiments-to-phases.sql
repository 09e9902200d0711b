-- The first schema: experiment → environment, cell → array → attempt → gaggle → interpreter → phase.
--
-- Units end the names: _ns nanoseconds, _us microseconds, _ms milliseconds, _s seconds, _kib kibibytes.
-- "since T": on the node's own monotonic clock, minus the instant at which all interpreters were to start.
-- "since B": on the coordinator's monotonic clock, since the coordinator began.
-- "_unix_": wall clock, since 1970-01-01 UTC; for people and for finding overlaps, never for durations.
-- NULL is "there is none" or "not reached"; what it means for a column is said there.

PRAGMA application_id = 1734436716;  -- "gagl": file(1) and gaggle itself tell a store from another database by it

-- One experiment file, planned once for one launcher.
CREATE TABLE experiment (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,                -- as in the file; not unique: the same name may be planned again
    launcher TEXT NOT NULL CHECK (launcher IN ('slurm', 'local')),  -- local: "nodes" were processes of one machine
    created_unix_ns INTEGER NOT NULL,  -- when it was planned
    folder TEXT NOT NULL UNIQUE,       -- of its files; relative to the store, so that the store may be moved
    worker_file TEXT NOT NULL,         -- the copy of gaggle-worker that measures; relative to the store
    original_file TEXT NOT NULL,       -- where the experiment file lay when it was planned; its bytes are in folder
    gaggle_version TEXT NOT NULL,      -- of the gaggle that planned it
    file_sha256 TEXT NOT NULL,         -- of the experiment file: what was asked
    template_sha256 TEXT NOT NULL,     -- of the batch-script template: how it was submitted
    worker_sha256 TEXT NOT NULL,       -- of the worker: what measured
    seed INTEGER NOT NULL,             -- of the order: the file's, or the one drawn
    repetitions INTEGER NOT NULL CHECK (repetitions > 0),  -- of each cell
    blocks INTEGER NOT NULL CHECK (blocks > 0),            -- parts into which the repetitions were split
    cache TEXT NOT NULL,               -- declared cache state: cold, warm, hot, as-is
    start TEXT NOT NULL,               -- synchronised: gated, released at T; as-launched: no gate. Never mix the two
    interpreter_timeout_ms INTEGER NOT NULL,  -- from T; an interpreter still alive then was killed
    node_timeout_ms INTEGER NOT NULL          -- for a node to arrive, and again to get ready
) STRICT;

-- A way of starting an interpreter.
CREATE TABLE environment (
    id INTEGER PRIMARY KEY,
    experiment_id INTEGER NOT NULL REFERENCES experiment (id),
    position INTEGER NOT NULL,  -- in the experiment file, from 0
    name TEXT NOT NULL,
    kind TEXT NOT NULL,         -- system, venv, conda, squashfs, command …
    language TEXT NOT NULL,     -- names the probe; none: the command ran as it stands
    command TEXT NOT NULL,      -- JSON list: argv before the probe
    variables TEXT NOT NULL,    -- JSON list of [name, value]: added to the node's bare environment
    image TEXT,                 -- SquashFS file mounted per node; NULL: none
    imports TEXT NOT NULL,      -- JSON list: top-level modules, in the order in which they were imported
    UNIQUE (experiment_id, name),
    UNIQUE (experiment_id, position),
    UNIQUE (experiment_id, id)  -- for cell's foreign key: an environment of the same experiment
) STRICT;

-- One (nodes, interpreters, environment) of the grid.
CREATE TABLE cell (
    id INTEGER PRIMARY KEY,
    experiment_id INTEGER NOT NULL REFERENCES experiment (id),
    position INTEGER NOT NULL,      -- in the grid's reading order, from 0
    environment_id INTEGER NOT NULL,
    nodes INTEGER NOT NULL CHECK (nodes > 0),
    interpreters INTEGER NOT NULL CHECK (interpreters > 0),  -- per node
    UNIQUE (experiment_id, position),
    UNIQUE (experiment_id, environment_id, nodes, interpreters),
    UNIQUE (experiment_id, id),     -- for array's foreign key
    FOREIGN KEY (experiment_id, environment_id) REFERENCES environment (experiment_id, id)
) STRICT;

-- One Slurm job array: a cell's repetitions of one block. Written before Slurm hears of it.
CREATE TABLE array (
    id INTEGER PRIMARY KEY,
    experiment_id INTEGER NOT NULL REFERENCES experiment (id),
    cell_id INTEGER NOT NULL,
    position INTEGER NOT NULL,   -- in the realised random order, from 0
    block INTEGER NOT NULL,      -- from 0; every block holds every cell once
    token TEXT NOT NULL UNIQUE,  -- its identity, also in the job's comment: job ids may be reused, this is not
    folder TEXT NOT NULL UNIQUE, -- of its spec, script, records and logs; relative to the store
    slurm_job_id INTEGER,        -- Slurm's id of the whole array; NULL: not submitted, or no Slurm
    submitted_unix_ns INTEGER,   -- handed to Slurm or to the local runner; NULL: not yet
    command_line TEXT,           -- what submitted it; NULL: not yet
    refusal TEXT,                -- why it could not be submitted at the last try; NULL: it was not refused
    UNIQUE (experiment_id, position),
    FOREIGN KEY (experiment_id, cell_id) REFERENCES cell (experiment_id, id),
    CHECK (slurm_job_id IS NULL OR submitted_unix_ns IS NOT NULL)
) STRICT;
CREATE INDEX array_by_cell ON array (cell_id);

-- What an attempt's state means; a new state is a new row.
CREATE TABLE attempt_state (
    state TEXT PRIMARY KEY,      -- Slurm's own name where Slurm has one
    terminal INTEGER NOT NULL CHECK (terminal IN (0, 1)),  -- 1: only a new attempt can do better
    progress TEXT NOT NULL       -- the column of the view cells that counts it
        CHECK (progress IN ('planned', 'pending', 'running', 'completed', 'failed', 'unverified')),
    meaning TEXT NOT NULL        -- for people
) STRICT, WITHOUT ROWID;
INSERT INTO attempt_state (state, terminal, progress, meaning) VALUES
    ('PLANNED', 0, 'planned', 'not yet handed to Slurm'),
    ('PENDING', 0, 'pending', 'waits in Slurm''s queue'),
    ('RUNNING', 0, 'running', 'started, and Slurm has not seen its end'),
    ('COMPLETED', 1, 'completed', 'Slurm and a closed, complete record agree, and no interpreter failed'),
    ('FAILED', 1, 'failed', 'interpreters failed, or Slurm says so'),
    ('TIMEOUT', 1, 'failed', 'Slurm ended it at its time limit'),
    ('CANCELLED', 1, 'failed', 'somebody cancelled it'),
    ('NODE_FAIL', 1, 'failed', 'a node failed'),
    ('OUT_OF_MEMORY', 1, 'failed', 'it ran out of memory'),
    ('PREEMPTED', 1, 'failed', 'another job took its nodes'),
    ('BOOT_FAIL', 1, 'failed', 'its nodes did not boot'),
    ('DEADLINE', 1, 'failed', 'Slurm ended it at its deadline'),
    ('INCOMPLETE', 1, 'failed', 'it ended, but results are missing'),
    ('LOST', 1, 'failed', 'Slurm has forgotten it and there is no record'),
    ('UNVERIFIED', 0, 'unverified', 'Slurm could not be asked');

-- One try at one repetition: an element of an array.
CREATE TABLE attempt (
    id INTEGER PRIMARY KEY,        -- grows: of two attempts at one repetition the later has the higher id
    array_id INTEGER NOT NULL REFERENCES array (id),
    task INTEGER NOT NULL,         -- Slurm's array task index
    repetition INTEGER NOT NULL,   -- of the cell, from 1; stored, never computed from task
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
    UNIQUE (array_id, task),
    UNIQUE (array_id, repetition)
) STRICT;
CREATE INDEX attempt_by_time ON attempt (began_unix_ns);  -- the view overlaps

-- One node's interpreters in one attempt.
CREATE TABLE gaggle (
    id INTEGER PRIMARY KEY,
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    node INTEGER NOT NULL,              -- from 0, in the order of Slurm's node list
    name TEXT NOT NULL,                 -- Slurm's node name; HOST/process-0 without Slurm
    outcome TEXT NOT NULL CHECK (outcome IN ('Completed', 'NeverArrived', 'Failed', 'Died', 'TimedOut')),
    reason TEXT,                        -- in words; NULL: nothing to say
    arrived_ns INTEGER,                 -- since B; NULL: never arrived
    clock_before_offset_ns INTEGER,     -- node's clock minus coordinator's, before the release; NULL: not measured
    clock_before_uncertainty_ns INTEGER,  -- ± half of the shortest round trip; NULL: not measured
    clock_after_offset_ns INTEGER,      -- the same after the last exit: the difference is drift
    clock_after_uncertainty_ns INTEGER,
    mount_ns INTEGER,                   -- duration of mounting the image; NULL: nothing was mounted
    fork_ns INTEGER,                    -- duration from first fork to last child ready; NULL: not reached
    cpus INTEGER,                       -- that its interpreters may run on; NULL: not known
    mounted_by TEXT,                    -- program and version that mounted the image; NULL: nothing was mounted
    UNIQUE (attempt_id, node)
) STRICT;

-- One process. The key is the order of the rows on disk: a gaggle's interpreters lie together, and no second index
-- has to be kept over what may be ten million rows. The same holds for phase.
CREATE TABLE interpreter (
    gaggle_id INTEGER NOT NULL REFERENCES gaggle (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,            -- on its node, from 0
    outcome TEXT NOT NULL CHECK (outcome IN ('Exited', 'Signaled', 'ExecFailed', 'TimedOut')),
    status INTEGER NOT NULL,            -- exit code, signal, or errno of exec; the signal that ended it if TimedOut
    error TEXT,                         -- its first error line; NULL: none
    start_ns INTEGER NOT NULL,          -- since T: last clock reading before exec; what was achieved of an intended 0
    exit_ns INTEGER NOT NULL,           -- since T: the worker was told of its exit
    user_us INTEGER NOT NULL,           -- from here on wait4(2)'s words
    system_us INTEGER NOT NULL,
    minor_faults INTEGER NOT NULL,
    major_faults INTEGER NOT NULL,      -- needed the disk or the network
    max_rss_kib INTEGER NOT NULL,
    blocks_in INTEGER NOT NULL,         -- of 512 bytes
    blocks_out INTEGER NOT NULL,
    voluntary_switches INTEGER NOT NULL,    -- it waited for something
    involuntary_switches INTEGER NOT NULL,  -- somebody else wanted its CPU
    PRIMARY KEY (gaggle_id, number)
) STRICT, WITHOUT ROWID;

-- A name per phase, so that a hundred million phases do not each spell it out.
CREATE TABLE phase_name (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE  -- spawn, exec, ready, import NAME, exit
) STRICT;

-- A timed interval of one interpreter's life. A phase that was not reached has no row.
CREATE TABLE phase (
    gaggle_id INTEGER NOT NULL,
    interpreter INTEGER NOT NULL,   -- its number
    ordinal INTEGER NOT NULL,       -- from 0, as the interpreter went through them
    name_id INTEGER NOT NULL REFERENCES phase_name (id),
    begin_ns INTEGER NOT NULL,      -- since T; negative: before the release
    end_ns INTEGER NOT NULL,        -- since T
    PRIMARY KEY (gaggle_id, interpreter, ordinal),
    FOREIGN KEY (gaggle_id, interpreter) REFERENCES interpreter (gaggle_id, number) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

PRAGMA user_version = 1;
