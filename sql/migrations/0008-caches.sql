-- What nodes did to their page caches before the interpreters, and what came of it.

-- JSON list: files and folders that a cache state is about; empty: only the program that starts
ALTER TABLE environment ADD COLUMN cache_paths TEXT NOT NULL DEFAULT '[]';

-- One node's in one attempt. None for as-is: not even looked at. Resident: in the page cache, in whole pages.
CREATE TABLE cache (
    gaggle_id INTEGER PRIMARY KEY REFERENCES gaggle (id) ON DELETE CASCADE,
    asked TEXT NOT NULL CHECK (asked IN ('cold', 'warm', 'hot', 'as-is')),
    method TEXT,                      -- drop_caches, posix_fadvise(DONTNEED), read, run; NULL: nothing was done
    files INTEGER NOT NULL,           -- of the environment, at the check
    bytes INTEGER NOT NULL,           -- theirs
    resident_before INTEGER NOT NULL, -- bytes, of the files that could be asked about
    resident_after INTEGER NOT NULL,  -- likewise, at the check
    verified INTEGER NOT NULL CHECK (verified IN (0, 1)),  -- 1: every file was asked about, and all are in the state
    reason TEXT,                      -- in words; NULL: verified
    not_covered TEXT,                 -- what may be in another state, whatever was verified; NULL: nothing is known
    duration_ns INTEGER NOT NULL      -- of bringing and of checking, without the unmeasured run of warm
) STRICT;

PRAGMA user_version = 8;
