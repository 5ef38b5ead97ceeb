-- From what was read to the tables that are asked: `raw` and `exported` become cells, runs, environments and installed.

CREATE TABLE header AS
SELECT * EXCLUDE (run, notes), of_run AS run, notes
FROM raw WHERE type = 'header';

CREATE TABLE footer AS
SELECT of_run AS run, finished, complete, reused, duration_s
FROM raw WHERE type = 'footer'
-- A file has one footer; should it have more, a run must not count twice.
QUALIFY row_number() OVER (PARTITION BY of_run ORDER BY finished DESC) = 1;

CREATE TABLE cells AS
SELECT
    of_run AS run, id, stage, environment, producer, consumer, fixture, format, loader, fault, canary, status, reason,
    status = 'failed' AND (
        reason IS NOT DISTINCT FROM 'damage-unnoticed'
        OR ((error IS NULL OR error.phase IN ('config', 'optimizer', 'train-step'))
            AND reason IN ('weights-differ', 'outputs-differ', 'save-wrote-nothing', 'artifact-incomplete'))
    ) IS TRUE AS silent,
    checks, differences,
    error.type AS error_type, error.message AS error_message, error.traceback AS error_traceback,
    warnings,
    diagnosis.cause AS cause, diagnosis."class" AS cause_class, diagnosis.detail AS cause_detail,
    diagnosis.remedy AS remedy, diagnosis.link AS link,
    blocked_by, phase, duration_s, memory_peak_mb, attempts, confirmed, isolation, reused_from, key, notes, log
FROM raw WHERE type = 'cell'
UNION ALL BY NAME
SELECT * FROM exported;

DROP TABLE exported;

CREATE TABLE runs AS
WITH counted AS (
    SELECT
        run, count(*) AS cells,
        count(*) FILTER (status = 'passed') AS passed,
        count(*) FILTER (status = 'degraded') AS degraded,
        count(*) FILTER (status = 'failed') AS failed,
        count(*) FILTER (status = 'unsupported') AS unsupported,
        count(*) FILTER (status = 'blocked') AS blocked,
        count(*) FILTER (status = 'errored') AS errored,
        count(*) FILTER (status = 'not-run') AS said_not_run,
        count(*) FILTER (silent) AS silent
    -- The canary's cells are no findings.
    FROM cells WHERE canary IS NULL GROUP BY run
)
SELECT
    header.run,
    -- Times are UTC.
    CAST(left(header.started, 19) AS TIMESTAMP) AS started,
    CAST(left(footer.finished, 19) AS TIMESTAMP) AS finished,
    CASE WHEN footer.complete THEN 'complete' WHEN source.active THEN 'running' ELSE 'interrupted' END AS state,
    engine, profile, matrix, matrix_sha256, runner, planned - coalesce(canaries, 0) AS planned,
    coalesce(cells, 0) AS cells, footer.reused, footer.duration_s,
    coalesce(passed, 0) AS passed, coalesce(degraded, 0) AS degraded, coalesce(failed, 0) AS failed,
    coalesce(unsupported, 0) AS unsupported, coalesce(blocked, 0) AS blocked, coalesce(errored, 0) AS errored,
    coalesce(said_not_run, 0) + greatest(0, planned - coalesce(canaries, 0) - coalesce(cells, 0)) AS not_run,
    coalesce(silent, 0) AS silent,
    command, machine, notes
FROM header
LEFT JOIN footer USING (run)
LEFT JOIN source USING (run)
LEFT JOIN counted USING (run)
ORDER BY header.run;

CREATE TABLE environments AS
SELECT
    run, entry.key AS environment,
    entry.value ->> '$.tensorflow' AS tensorflow,
    CAST(NULL AS INTEGER) AS tensorflow_order,
    entry.value ->> '$.package' AS package,
    entry.value ->> '$.python' AS python,
    entry.value ->> '$.addons' AS addons,
    entry.value ->> '$.keras' AS keras,
    entry.value ->> '$.tf_keras' AS tf_keras,
    entry.value ->> '$.as_of' AS as_of,
    entry.value ->> '$.fingerprint' AS fingerprint
FROM header, json_each(header.environments) AS entry;

CREATE TABLE installed AS
SELECT run, environment, unnest(map_keys(packages)) AS package, unnest(map_values(packages)) AS version
FROM (
    SELECT run, environment, TRY_CAST(notes -> '$.facts.packages' AS MAP(VARCHAR, VARCHAR)) AS packages
    FROM cells WHERE stage = 'build'
);
