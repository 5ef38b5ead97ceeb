-- The causes of what failed or lost something in the newest run, the most frequent first
SELECT count(*) AS cells, status, cause, cause_class, any_value(remedy) AS remedy, min(id) AS example
FROM cells WHERE run = (SELECT max(run) FROM runs) AND status IN ('failed', 'degraded') AND canary IS NULL
GROUP BY status, cause, cause_class ORDER BY cells DESC, cause
