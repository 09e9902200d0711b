-- declared cache states: how each cell's nodes reached them, in what share it was verified, and what speaks against it
SELECT cells.experiment, cells.launcher, cells.environment, cells.nodes, cells.interpreters,
       caches.asked,
       caches.method,
       count(*) AS times,
       round(avg(caches.verified), 3) AS verified,
       round(median(caches.resident), 4) AS resident,
       CASE WHEN max(caches.perhaps_not_cold) THEN 'PERHAPS NOT COLD' END AS warning,
       min(caches.reason) AS reason,
       min(caches.not_covered) AS not_covered
FROM cells
JOIN caches ON caches.cell_id = cells.cell_id
WHERE caches.attempt_id IN (SELECT attempt_id FROM latest)
GROUP BY cells.cell_id, caches.method
ORDER BY cells.experiment_id, cells.environment, cells.interpreters, cells.nodes, caches.method;
