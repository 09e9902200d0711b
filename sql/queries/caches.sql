-- declared cache states: how each cell's nodes reached them, in what share it was verified, and what speaks against it
SELECT latest.experiment, latest.launcher, latest.environment, latest.nodes, latest.interpreters,
       cache.asked,
       cache.method,
       sum(cache.times) AS times,
       round(1.0 * sum(cache.verified) / sum(cache.times), 3) AS verified,
       round(packed_quantile(cache.packed, 0.5) / 1e9, 4) AS resident,
       CASE WHEN cache.asked = 'cold' AND sum(cache.verified) < sum(cache.times) THEN 'PERHAPS NOT COLD' END AS warning,
       min(cache.reason) AS reason,
       min(cache.not_covered) AS not_covered
FROM latest
JOIN cache_summary AS cache ON cache.attempt_id = latest.attempt_id  -- the view caches goes through all nodes
GROUP BY latest.cell_id, cache.asked, cache.method
ORDER BY latest.experiment_id, latest.environment, latest.interpreters, latest.nodes, cache.method;
