-- What is known beside the interpreters: the nodes, the environment's files there, what the file systems' counters did
-- meanwhile, and what the environment's interpreter says of itself. NULL everywhere: nobody asked, as before this
-- migration.

-- Facts, once for all nodes and attempts of which just the same is so. Rows stay when nothing refers to them any more.
CREATE TABLE fact_set (
    id INTEGER PRIMARY KEY,
    facts TEXT NOT NULL UNIQUE  -- JSON object: name → value, both text; "" is not known
) STRICT;

-- Lists of packages, likewise.
CREATE TABLE package_set (
    id INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,  -- of its items, sorted by bytes, each with a newline
    packages TEXT NOT NULL        -- JSON list: "NAME==VERSION"
) STRICT;

ALTER TABLE gaggle ADD COLUMN node_facts_id INTEGER REFERENCES fact_set (id);  -- kernel, processor, memory …
ALTER TABLE gaggle ADD COLUMN path_facts_id INTEGER REFERENCES fact_set (id);  -- on what interpreter and image lie
-- what of the counters is not known: lines of "SOURCE: WHY"; '': all is known, so a counter without a row did not
-- change; NULL: they were not compared
ALTER TABLE gaggle ADD COLUMN counters_left_out TEXT;

-- By how much a counter of a node's network file systems changed from just before the release to after its last exit.
CREATE TABLE counter (
    gaggle_id INTEGER NOT NULL REFERENCES gaggle (id) ON DELETE CASCADE,
    source TEXT NOT NULL,    -- "nfs /home", "lustre llite scratch stats"
    name TEXT NOT NULL,      -- "GETATTR operations"; the unit ends it
    value INTEGER NOT NULL,  -- never 0
    PRIMARY KEY (gaggle_id, source, name)
) STRICT, WITHOUT ROWID;

-- What the environment's interpreter said of itself on one node, after everything that was measured.
CREATE TABLE inspection (
    gaggle_id INTEGER PRIMARY KEY REFERENCES gaggle (id) ON DELETE CASCADE,
    version TEXT,            -- NULL: not known
    fact_set_id INTEGER NOT NULL REFERENCES fact_set (id),  -- build, executable, prefix, on what the prefix lies …
    package_set_id INTEGER REFERENCES package_set (id),     -- NULL: not known, or a language without such a list
    trouble TEXT             -- why not all is known; NULL: it is
) STRICT;

-- /proc/PID/io of each interpreter with the children that it waited for, from the gate to its end; as launched: from
-- its fork on. NULL: not known, such as where its user may run the program but not read it.
ALTER TABLE interpreter ADD COLUMN read_bytes INTEGER;   -- rchar: by read(2) and the like, from whatever
ALTER TABLE interpreter ADD COLUMN write_bytes INTEGER;  -- wchar
ALTER TABLE interpreter ADD COLUMN read_calls INTEGER;   -- syscr
ALTER TABLE interpreter ADD COLUMN write_calls INTEGER;  -- syscw
ALTER TABLE interpreter ADD COLUMN storage_read_bytes INTEGER;   -- read_bytes: what the page cache had is not in it
ALTER TABLE interpreter ADD COLUMN storage_write_bytes INTEGER;  -- write_bytes: dirtied pages
ALTER TABLE interpreter ADD COLUMN cancelled_write_bytes INTEGER;

PRAGMA user_version = 7;
