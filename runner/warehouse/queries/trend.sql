-- Every run with its counts, the newest first
SELECT run, started, state, profile, engine, planned, passed, degraded, failed, silent, unsupported, blocked, errored, not_run, reused,
    round(duration_s) AS seconds
FROM runs ORDER BY run DESC
