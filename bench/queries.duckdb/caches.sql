SELECT environment, nodes, interpreters,
       any_value(cache.asked) AS asked,
       cache.method,
       count(*) AS times,
       round(avg(cache.verified), 3) AS verified,
       round(median(cache.resident_after / nullif(cache.bytes, 0)), 4) AS resident
FROM latest
JOIN gaggle ON gaggle.attempt_id = latest.attempt_id
JOIN cache ON cache.gaggle_id = gaggle.id
GROUP BY experiment_id, environment, nodes, interpreters, cache.method
ORDER BY experiment_id, environment, interpreters, nodes, cache.method;
