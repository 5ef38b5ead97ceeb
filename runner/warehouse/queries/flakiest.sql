-- Which cells said different things although nothing that they depend on had changed?
-- Failures that did not repeat within a run (`flaky`) and whatever had other verdicts under the same key.
WITH ran AS (
    SELECT id, key, run, status, reason, reason IS NOT DISTINCT FROM 'flaky' AS unrepeated
    FROM cells WHERE reused_from IS NULL AND stage <> 'build' AND status IN ('passed', 'degraded', 'failed', 'errored')
), by_key AS (
    SELECT id, key, count(DISTINCT (status, reason)) FILTER (status <> 'errored') AS verdicts, count(*) FILTER (unrepeated) AS unrepeated,
        count(*) AS times, max(run) AS newest
    FROM ran WHERE key <> '' GROUP BY id, key
)
SELECT id, sum(greatest(verdicts - 1, 0) + unrepeated) AS changes, sum(unrepeated) AS unrepeated, sum(times) AS times_run, max(newest) AS newest_run
FROM by_key GROUP BY id HAVING changes > 0 ORDER BY changes DESC, id LIMIT 50
