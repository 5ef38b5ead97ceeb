-- What every run said of a cell, the newest first
-- CELL: the id of a cell as reports print it; * stands for anything
SELECT id, run, started, status, reason, reused_from, cause
FROM cells JOIN runs USING (run) WHERE id GLOB $cell ORDER BY id, run DESC
