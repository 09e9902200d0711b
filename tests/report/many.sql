-- 1,308,160 interpreters of a made-up experiment, for page_test.mjs: 9 sizes from 16 to 4,096 nodes with 16 each, five
-- repetitions, two environments. Times are a function of row numbers, so the test can compute them again. For the schema
-- of the first ten migrations, which do not change: gaggle brings it up to date.
PRAGMA synchronous = OFF;
BEGIN;
INSERT INTO experiment (id, name, launcher, created_unix_ns, folder, worker_file, original_file, gaggle_version, file_sha256,
                        template_sha256, worker_sha256, seed, repetitions, blocks, cache, start, interpreter_timeout_ms,
                        node_timeout_ms)
VALUES (1, 'many', 'slurm', 0, 'experiments/1-many', 'bin/w', '/many.toml', '0', 'f', 't', 'w', 1, 5, 1, 'as-is',
        'synchronised', 1, 1);
INSERT INTO environment (id, experiment_id, position, name, kind, language, command, variables, imports)
VALUES (1, 1, 0, 'tree', 'conda', 'python', '[]', '[]', '["json"]'),
       (2, 1, 1, 'image', 'squashfs', 'python', '[]', '[]', '["json"]');
INSERT INTO cell (id, experiment_id, position, environment_id, nodes, interpreters)
WITH RECURSIVE size (step, nodes) AS (VALUES (0, 16) UNION ALL SELECT step + 1, nodes * 2 FROM size WHERE step < 8)
SELECT 9 * (environment.id - 1) + step + 1, 1, 9 * (environment.id - 1) + step, environment.id, size.nodes, 16
FROM environment, size;
INSERT INTO array (id, experiment_id, cell_id, position, block, token, folder, submitted_unix_ns)
SELECT id, 1, id, id, 0, 'token ' || id, 'experiments/1-many/arrays/' || id, 0 FROM cell;
INSERT INTO attempt (array_id, task, repetition, state, began_unix_ns, ended_unix_ns)
WITH RECURSIVE repetition (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM repetition WHERE number < 5)
SELECT array.id, number - 1, number, 'COMPLETED', 100000000000 * (5 * array.id + number), 100000000000 * (5 * array.id + number) + 9
FROM array, repetition
ORDER BY array.id, number;
INSERT INTO gaggle (attempt_id, node, name, outcome, cpus)
WITH RECURSIVE node (number) AS (VALUES (0) UNION ALL SELECT number + 1 FROM node WHERE number < 4095)
SELECT attempt.id, node.number, 'n' || node.number, 'Completed', 16
FROM attempt
JOIN array ON array.id = attempt.array_id
JOIN cell ON cell.id = array.cell_id
JOIN node ON node.number < cell.nodes
ORDER BY attempt.id, node.number;
INSERT INTO interpreter (gaggle_id, number, outcome, status, start_ns, exit_ns, user_us, system_us, minor_faults,
                         major_faults, max_rss_kib, blocks_in, blocks_out, voluntary_switches, involuntary_switches)
WITH RECURSIVE one (number) AS (VALUES (0) UNION ALL SELECT number + 1 FROM one WHERE number < 15)
SELECT gaggle.id, one.number, 'Exited', 0, one.number * 1000,
       cell.nodes * 10000000 / cell.environment_id + (gaggle.id * 7919 + one.number * 104729) % 1000003 * 1000,
       0, 0, 0, 0, 0, 0, 0, 0, 0
FROM gaggle
JOIN attempt ON attempt.id = gaggle.attempt_id
JOIN array ON array.id = attempt.array_id
JOIN cell ON cell.id = array.cell_id
JOIN one
ORDER BY gaggle.id, one.number;
COMMIT;
