-- When did a cell last pass, and what became of it since?
-- CELL: the id of a cell as reports print it; * stands for anything
WITH seen AS (
    SELECT cells.*, runs.started FROM cells JOIN runs USING (run) WHERE id GLOB $cell AND status NOT IN ('errored', 'blocked', 'not-run')
)
SELECT
    id,
    max(run) FILTER (status = 'passed') AS last_passed_in,
    max(started) FILTER (status = 'passed') AS last_passed,
    max(run) AS last_seen_in,
    arg_max(status, run) AS now,
    arg_max(reason, run) AS reason,
    count(*) AS runs
FROM seen GROUP BY id ORDER BY id
