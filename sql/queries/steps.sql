-- what each cell's nodes did apart from what is measured (set-up, staging, mounting): median and maximum over nodes
WITH ranked AS (
    SELECT steps.cell_id,
           steps.step,
           steps.command,
           steps.time_s,
           steps.status,
           row_number() OVER (PARTITION BY steps.cell_id, steps.step, steps.command ORDER BY steps.time_s) AS place,
           count(*) OVER (PARTITION BY steps.cell_id, steps.step, steps.command) AS places
    FROM steps
    WHERE steps.attempt_id IN (SELECT attempt_id FROM latest)
)
SELECT cells.experiment,
       cells.launcher,
       cells.environment,
       cells.nodes,
       cells.interpreters,
       ranked.step,
       ranked.command,
       count(*) AS times,
       count(nullif(ranked.status, 0)) AS failed,
       round(avg(CASE WHEN ranked.place IN ((places + 1) / 2, (places + 2) / 2) THEN ranked.time_s END), 3) AS median_s,
       round(max(ranked.time_s), 3) AS max_s
FROM cells
JOIN ranked ON ranked.cell_id = cells.cell_id
GROUP BY cells.cell_id, ranked.step, ranked.command
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, ranked.step, ranked.command;
