-- When slurmctld was first found to have forgotten an attempt whose end slurmdbd does not have either.

ALTER TABLE attempt ADD COLUMN forgotten_unix_ns INTEGER;  -- NULL: never

PRAGMA user_version = 2;
