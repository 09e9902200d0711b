-- Whether cells of one block might run at the same time (concurrent = true); the view overlaps has those that did.

ALTER TABLE experiment ADD COLUMN concurrent INTEGER NOT NULL DEFAULT 0 CHECK (concurrent IN (0, 1));

PRAGMA user_version = 10;
