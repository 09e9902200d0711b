-- What of the store attached as other is here already, and which of its arrays come: the table moved.
DROP TABLE IF EXISTS temp.moved;
CREATE TEMP TABLE moved (
    space TEXT NOT NULL,     -- the table whose ids these are; folder, position: those columns' values
    old ANY NOT NULL,        -- there; of a position: the id of its array
    new ANY NOT NULL,        -- here
    added INTEGER NOT NULL,  -- 1: comes with this merge, 0: was here before
    PRIMARY KEY (space, old)
) STRICT, WITHOUT ROWID;

-- An experiment is the one with an array of the same token, an imported one that of the same files.
INSERT INTO moved
SELECT DISTINCT 'experiment', theirs.experiment_id, mine.experiment_id, 0
FROM other.array AS theirs
JOIN main.array AS mine ON mine.token = theirs.token;
INSERT OR IGNORE INTO moved
SELECT 'experiment', theirs.id, mine.id, 0
FROM other.experiment AS theirs
JOIN main.experiment AS mine ON mine.name = theirs.name AND mine.file_sha256 = theirs.file_sha256
WHERE mine.launcher = 'imported'
    AND theirs.launcher = 'imported';
INSERT INTO moved
SELECT 'environment', theirs.id, mine.id, 0
FROM moved
JOIN other.environment AS theirs ON theirs.experiment_id = moved.old
JOIN main.environment AS mine ON mine.experiment_id = moved.new AND mine.name = theirs.name
WHERE moved.space = 'experiment';
INSERT INTO moved
SELECT 'cell', theirs.id, mine.id, 0
FROM moved
JOIN other.cell AS theirs ON theirs.environment_id = moved.old
JOIN main.cell AS mine
    ON mine.environment_id = moved.new
    AND mine.nodes = theirs.nodes
    AND mine.interpreters = theirs.interpreters
    AND mine.role = theirs.role
WHERE moved.space = 'environment';

-- What has ended comes; what waits or runs is the other store's, and its records go there.
INSERT INTO moved
SELECT 'array',
       theirs.id,
       (SELECT coalesce(max(id), 0) FROM main.array) + row_number() OVER (ORDER BY theirs.id),
       1
FROM other.array AS theirs
JOIN other.experiment AS experiment ON experiment.id = theirs.experiment_id
LEFT JOIN moved AS known ON known.space = 'experiment' AND known.old = experiment.id
WHERE theirs.token NOT IN (SELECT token FROM main.array)
    AND (experiment.launcher <> 'imported' OR known.new IS NULL)
    AND NOT EXISTS (
        SELECT 1
        FROM other.attempt AS attempt
        JOIN main.attempt_state AS attempt_state ON attempt_state.state = attempt.state
        WHERE attempt.array_id = theirs.id AND NOT attempt_state.terminal
    );
