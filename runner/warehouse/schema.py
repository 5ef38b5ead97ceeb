"""The columns of the tables, and of an exported run: what users write queries against. docs/history.md describes each."""

from __future__ import annotations

CELLS: dict[str, str] = {
    "run": "VARCHAR",
    "id": "VARCHAR",
    "stage": "VARCHAR",
    "environment": "VARCHAR",
    "producer": "VARCHAR",
    "consumer": "VARCHAR",
    "fixture": "VARCHAR",
    "format": "VARCHAR",
    "loader": "VARCHAR",
    "fault": "VARCHAR",
    "canary": "VARCHAR",
    "status": "VARCHAR",
    "reason": "VARCHAR",
    "silent": "BOOLEAN",
    "checks": "MAP(VARCHAR, VARCHAR)",
    "differences": "MAP(VARCHAR, DOUBLE)",
    "error_type": "VARCHAR",
    "error_message": "VARCHAR",
    "error_traceback": "VARCHAR",
    "warnings": "STRUCT(category VARCHAR, message VARCHAR, partial BOOLEAN)[]",
    "cause": "VARCHAR",
    "cause_class": "VARCHAR",
    "cause_detail": "VARCHAR",
    "remedy": "VARCHAR",
    "link": "VARCHAR",
    "blocked_by": "VARCHAR",
    "phase": "VARCHAR",
    "duration_s": "DOUBLE",
    "memory_peak_mb": "DOUBLE",
    "attempts": "INTEGER",
    "confirmed": "BOOLEAN",
    "isolation": "VARCHAR",
    "reused_from": "VARCHAR",
    "key": "VARCHAR",
    "notes": "JSON",
    "log": "VARCHAR",
}
"""One row for each cell of each run; the columns of an exported Parquet file too, in this order."""

RUNS = (
    *("run", "started", "finished", "state", "engine", "profile", "matrix", "matrix_sha256", "runner", "planned", "cells", "reused"),
    *(
        "duration_s",
        "passed",
        "degraded",
        "failed",
        "unsupported",
        "blocked",
        "errored",
        "not_run",
        "silent",
        "command",
        "machine",
        "notes",
    ),
)
ENVIRONMENTS = (
    *("run", "environment", "tensorflow", "tensorflow_order", "package", "python", "addons", "keras", "tf_keras", "as_of", "fingerprint"),
)
INSTALLED = ("run", "environment", "package", "version")

TABLES: dict[str, tuple[str, ...]] = {
    "cells": tuple(CELLS),
    "runs": RUNS,
    "environments": ENVIRONMENTS,
    "installed": INSTALLED,
}

RAW: dict[str, str] = {
    "type": "VARCHAR",
    **{
        name: kind for name, kind in CELLS.items() if name not in ("silent",) and not name.startswith(("error_", "cause", "remedy", "link"))
    },
    "error": "STRUCT(type VARCHAR, message VARCHAR, traceback VARCHAR, phase VARCHAR)",
    "diagnosis": "STRUCT(cause VARCHAR, class VARCHAR, remedy VARCHAR, detail VARCHAR, link VARCHAR)",
    "started": "VARCHAR",
    "finished": "VARCHAR",
    "complete": "BOOLEAN",
    "engine": "VARCHAR",
    "profile": "VARCHAR",
    "matrix": "VARCHAR",
    "matrix_sha256": "VARCHAR",
    "runner": "VARCHAR",
    "planned": "INTEGER",
    "canaries": "INTEGER",
    "reused": "INTEGER",
    "command": "VARCHAR[]",
    "environments": "JSON",
    "machine": "JSON",
}
"""What is read of a line, whatever its type."""
