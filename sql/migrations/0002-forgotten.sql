-- When slurmctld was first found to have forgotten an attempt whose end slurmdbd does not have either.

ALTER TABLE attempt ADD COLUMN forgotten_unix_ns INTEGER;  -- NULL: never

UPDATE attempt_state SET meaning = 'Slurm could not be asked, or its accounting does not have the end yet'
WHERE state = 'UNVERIFIED';

PRAGMA user_version = 2;
