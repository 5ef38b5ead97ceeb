-- What fails in the newest run that passed the last time before?
WITH newest AS (SELECT max(run) AS run FROM runs), before AS (
    SELECT id, run, status FROM cells
    WHERE run < (SELECT run FROM newest) AND status IN ('passed', 'degraded', 'failed')
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY run DESC) = 1
)
SELECT id, before.status AS was, before.run AS was_in, cells.status, cells.reason, cells.cause
FROM cells JOIN newest USING (run) JOIN before USING (id)
WHERE cells.status IN ('failed', 'degraded') AND cells.canary IS NULL AND before.status = 'passed' ORDER BY cells.status DESC, id
