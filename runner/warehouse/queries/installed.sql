-- Which version of a package each environment had, and since which run
-- PACKAGE: the name of a package; * stands for anything
SELECT environment, package, version, min(run) AS first_run, max(run) AS last_run
FROM installed WHERE package GLOB $package GROUP BY environment, package, version ORDER BY package, environment, first_run
