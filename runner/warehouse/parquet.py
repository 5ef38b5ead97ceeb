"""One run as a Parquet file: its cells as rows, its header and footer as metadata, so that nothing of a run but its order is lost."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import duckdb

from runner.model import Run
from runner.records import encode
from runner.store import StoreFault
from runner.warehouse.schema import CELLS
from runner.warehouse.tables import Source, fill


def export(run: Run, path: Path) -> None:
    """Write a run that was read from its lines; the file is there as a whole or not at all. Raises StoreFault when it cannot be written."""
    told = {"header": encode(run.header).strip(), "footer": encode(run.footer).strip() if run.footer else ""}
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    metadata = ", ".join(f"{name}: {_quoted(text)}" for name, text in told.items())
    statement = f"COPY (SELECT {', '.join(CELLS)} FROM cells ORDER BY id) TO {_quoted(str(part))}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(":memory:") as connection:
            fill(connection, (Source(run.header.run, run.path),))
            connection.execute(f"{statement} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{metadata}}})")
        part.replace(path)
    except (OSError, duckdb.IOException) as error:
        part.unlink(missing_ok=True)
        why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise StoreFault(f"{path}: the run cannot be exported: {why}") from error


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
