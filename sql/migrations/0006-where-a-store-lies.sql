-- Which store this is and where it lies, so that a copy does not act in the original's name.

CREATE TABLE store (
    only INTEGER PRIMARY KEY CHECK (only = 1),  -- one row
    identity TEXT NOT NULL,  -- 128 random bits, drawn when the store was made; a copy has its original's
    directory TEXT NOT NULL  -- absolute, as the gaggle that wrote it named it
) STRICT;

UPDATE attempt_state
SET meaning = 'Slurm could not be asked, its accounting does not have the end yet, or the record could not be read'
WHERE state = 'UNVERIFIED';

PRAGMA user_version = 6;
