-- How an upgrade looks in the newest statements: what one environment saved and another one loads, by format and loader
-- FROM: the environment that saves; * stands for anything
-- TO: the environment that loads; * stands for anything
WITH said AS (
    SELECT * FROM cells WHERE stage = 'load' AND fault IS NULL AND canary IS NULL AND producer GLOB $from AND consumer GLOB $to
        AND status IN ('passed', 'degraded', 'failed')
    QUALIFY row_number() OVER (PARTITION BY id ORDER BY run DESC) = 1
)
SELECT producer, consumer, format, loader, count(*) AS ran, count(*) FILTER (status = 'passed') AS passed,
    count(*) FILTER (status = 'degraded') AS degraded, count(*) FILTER (status = 'failed') AS failed, count(*) FILTER (silent) AS silent
FROM said GROUP BY ALL ORDER BY producer, consumer, passed / ran DESC, format, loader
