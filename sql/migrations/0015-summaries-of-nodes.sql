-- Still more of what is kept at collection (docs/adr/0013): what an attempt's nodes did beside the measurement, how they
-- reached their cache state, and what is known of them, so that nobody need go through all nodes for it. All of it follows
-- from the rows of step, cache, inspection and gaggle.

-- Of the same step on all of an attempt's nodes together.
CREATE TABLE step_summary (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,  -- from 1
    name TEXT NOT NULL,       -- setup, stage, unstage, mount
    command TEXT,             -- of mount: what mounted; NULL: not known
    times INTEGER NOT NULL,
    failed INTEGER NOT NULL,  -- of these, not ended with 0
    max_ns INTEGER NOT NULL,
    packed BLOB NOT NULL,     -- all of their durations, as in the table durations
    PRIMARY KEY (attempt_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO step_summary
SELECT attempt_id, row_number() OVER (PARTITION BY attempt_id ORDER BY name, command), name, command,
       count(*), count(nullif(status, 0)), max(duration_ns), pack(duration_ns)
FROM (
    SELECT gaggle.attempt_id, step.name, step.command, step.status, step.duration_ns
    FROM gaggle
    JOIN step ON step.gaggle_id = gaggle.id
    UNION ALL
    SELECT attempt_id, 'mount', mounted_by, 0, mount_ns
    FROM gaggle
    WHERE mount_ns IS NOT NULL
)
GROUP BY attempt_id, name, command;

-- Of an attempt's nodes that went the same way to their cache state, together.
CREATE TABLE cache_summary (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,    -- from 1
    asked TEXT NOT NULL,
    method TEXT,
    times INTEGER NOT NULL,
    verified INTEGER NOT NULL,  -- on how many of them
    packed BLOB,                -- of each the resident share of its bytes, in 1e-9, as in the table durations; NULL: no bytes
    reason TEXT,                -- the first by the alphabet, if any
    not_covered TEXT,           -- likewise
    PRIMARY KEY (attempt_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO cache_summary
SELECT gaggle.attempt_id,
       row_number() OVER (PARTITION BY gaggle.attempt_id ORDER BY cache.asked, cache.method),
       cache.asked, cache.method, count(*), sum(cache.verified),
       pack(CAST(round(cache.resident_after * 1e9 / cache.bytes) AS INTEGER)) FILTER (WHERE cache.bytes > 0),
       min(cache.reason), min(cache.not_covered)
FROM gaggle
JOIN cache ON cache.gaggle_id = gaggle.id
GROUP BY gaggle.attempt_id, cache.asked, cache.method;

-- On which of an attempt's nodes the same is so, and, as subject "attempt", what made it, on the host of its coordinator.
CREATE TABLE fact_summary (
    attempt_id INTEGER NOT NULL REFERENCES attempt (id) ON DELETE CASCADE,
    subject TEXT NOT NULL CHECK (subject IN ('node', 'paths', 'environment', 'attempt')),
    fact_set_id INTEGER NOT NULL REFERENCES fact_set (id),
    nodes TEXT NOT NULL,  -- JSON list of their names
    PRIMARY KEY (attempt_id, subject, fact_set_id)
) STRICT, WITHOUT ROWID;

INSERT INTO fact_summary
SELECT attempt_id, subject, fact_set_id, json_group_array(name)
FROM (
    SELECT attempt_id, node, name, 'node' AS subject, node_facts_id AS fact_set_id
    FROM gaggle
    UNION ALL
    SELECT attempt_id, node, name, 'paths', path_facts_id
    FROM gaggle
    UNION ALL
    SELECT gaggle.attempt_id, gaggle.node, gaggle.name, 'environment', inspection.fact_set_id
    FROM gaggle
    JOIN inspection ON inspection.gaggle_id = gaggle.id
    ORDER BY attempt_id, node
)
WHERE fact_set_id IS NOT NULL
GROUP BY attempt_id, subject, fact_set_id;

CREATE TEMP TABLE made AS
SELECT attempt.id AS attempt_id,
       json_array(attempt.host) AS nodes,
       json_object('experiment_sha256', experiment.file_sha256,
                   'template_sha256', experiment.template_sha256,
                   'worker_sha256', experiment.worker_sha256,
                   'worker_version', attempt.worker_version,
                   'gaggle_version', experiment.gaggle_version) AS facts
FROM attempt
JOIN array ON array.id = attempt.array_id
JOIN experiment ON experiment.id = array.experiment_id
WHERE attempt.record_file IS NOT NULL;

INSERT OR IGNORE INTO fact_set (facts) SELECT DISTINCT facts FROM made;
INSERT INTO fact_summary
SELECT made.attempt_id, 'attempt', fact_set.id, made.nodes
FROM made
JOIN fact_set ON fact_set.facts = made.facts;
DROP TABLE made;

PRAGMA user_version = 15;
