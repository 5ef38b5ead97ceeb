"""The tables of all runs, in memory, behind a closed door.

Records are read once, from `run.jsonl` or from the Parquet file of a run whose lines are gone, into tables that this module
documents (`TABLES`). Then the door is shut: no statement reaches a file, an extension, a setting or a variable of this program.
What is no record is passed over and told: an interrupted run is there as far as it got, a torn last line never counted.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from packaging.version import InvalidVersion, Version

from runner.errors import UsageError
from runner.store import FILE, RunStore
from runner.warehouse.schema import CELLS, RAW, TABLES

PARQUET = "parquet"
"""The directory below `reports/` in which exported runs are found."""

_LARGEST_LINE = 64 * 1024 * 1024
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
    "allow_community_extensions": False,
}


@dataclass(frozen=True)
class Source:
    """Where the records of a run are: its lines, or its Parquet file; `active` while a runner writes it."""

    run: str
    path: Path
    active: bool = False


@dataclass(frozen=True)
class Answer:
    """What a statement gave: columns with DuckDB's names of their types, and rows of Python values."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Warehouse:
    """The tables, and what was passed over while they were filled."""

    connection: duckdb.DuckDBPyConnection
    notes: tuple[str, ...] = ()

    def ask(self, statement: str, values: dict[str, str] | None = None) -> Answer:
        """Return what one statement gives; `values` are those of its `$names`.

        Raises UsageError with DuckDB's message and the columns of the tables, and for a statement that does more than ask.
        """
        try:
            _only_asks(self.connection, statement)
            relation = self.connection.sql(statement, params=values or None)
            if relation is None:
                return Answer((), (), ())
            names, types = tuple(relation.columns), tuple(map(str, relation.types))
            if "TIMESTAMP WITH TIME ZONE" in types:
                # As Python values these would need a package of time zones. All times here are UTC.
                made = (
                    f'CAST("{n}" AS TIMESTAMP)' if t == "TIMESTAMP WITH TIME ZONE" else f'"{n}"' for n, t in zip(names, types, strict=True)
                )
                relation = relation.project(", ".join(made))
            return Answer(names, types, tuple(relation.fetchall()))
        except duckdb.Error as error:
            raise UsageError(f"{_message(error)}\nTables and columns:\n{columns()}") from error


def columns() -> str:
    """Return the tables with their columns, one table a line."""
    return "\n".join(f"{name}: {', '.join(columns)}" for name, columns in TABLES.items())


def sources(store: RunStore) -> tuple[Source, ...]:
    """Return where every run of a store is, oldest first: its lines, else the Parquet file that was kept of it."""
    found = {path.stem: Source(path.stem, path) for path in (store.reports / PARQUET).glob("*.parquet")}
    found |= {run: Source(run, store.runs / run / FILE, store.is_active(run)) for run in store.ids()}
    return tuple(found[run] for run in sorted(found))


@contextmanager
def opened(given: Iterable[Source]) -> Iterator[Warehouse]:
    """Fill the tables from sources and shut the door; the tables are gone at the end."""
    with duckdb.connect(":memory:", config=_CONFIG) as connection:
        notes = fill(connection, tuple(given))
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield Warehouse(connection, notes)


def fill(connection: duckdb.DuckDBPyConnection, given: tuple[Source, ...]) -> tuple[str, ...]:
    """Make the tables of the sources; return what was passed over."""
    lines = [source for source in given if source.path.suffix == ".jsonl"]
    kept = [source for source in given if source.path.suffix == ".parquet"]
    connection.execute("CREATE TABLE source(run VARCHAR, active BOOLEAN)")
    if given:
        connection.executemany("INSERT INTO source VALUES (?, ?)", [(source.run, source.active) for source in given])
    notes = _read_lines(connection, lines)
    notes += _read_parquet(connection, kept)
    connection.execute(_script("tables.sql"))
    _order_versions(connection)
    connection.execute("DROP TABLE raw; DROP TABLE header; DROP TABLE footer; DROP TABLE source")
    return tuple(notes)


def _read_lines(connection: duckdb.DuckDBPyConnection, given: list[Source]) -> list[str]:
    """Read `run.jsonl` files into `raw`: one row a record, with the run it is of; return what was passed over."""
    shape = ", ".join(f"{name} {kind}" for name, kind in RAW.items())
    connection.execute(f"CREATE TABLE raw(of_run VARCHAR, {shape})")
    notes = []
    with tempfile.TemporaryDirectory(prefix="tfmatrix-query-") as folder:
        for source in given:
            try:
                path = _whole_lines(source.path, Path(folder))
                read = _read_one(connection, source.run, path)
            except (OSError, duckdb.Error) as error:
                notes.append(f"{source.path}: passed over: {_message(error)}")
                continue
            if read:
                notes.append(f"{source.path}: {read} line{'s' * (read != 1)} passed over: no record of a run")
    return notes


def _read_one(connection: duckdb.DuckDBPyConnection, run: str, path: Path) -> int:
    """Read one file; return how many of its lines are no records."""
    shape = ", ".join(f"'{name}': '{kind}'" for name, kind in RAW.items())
    read = f"read_json(?, format='newline_delimited', columns={{{shape}}}, ignore_errors=true, maximum_object_size={_LARGEST_LINE})"
    connection.execute(f"INSERT INTO raw SELECT ?, * FROM {read}", [run, str(path)])
    wrong = (
        "of_run = ? AND (type IS NULL OR type NOT IN ('header', 'cell', 'footer') OR (type = 'cell' AND (id IS NULL OR status IS NULL)))"
    )
    counted = connection.execute(f"SELECT count(*) FROM raw WHERE {wrong}", [run]).fetchone()
    connection.execute(f"DELETE FROM raw WHERE {wrong}", [run])
    return int(counted[0]) if counted else 0


def _whole_lines(path: Path, folder: Path) -> Path:
    """Return the file, or, when its last line is torn or just being written, a copy that ends before it."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        if size == 0:
            return path
        stream.seek(size - 1)
        if stream.read(1) == b"\n":
            return path
    copy = folder / "whole.jsonl"
    shutil.copyfile(path, copy)
    data = copy.read_bytes()
    with copy.open("r+b") as stream:
        stream.truncate(data.rfind(b"\n") + 1)
    return copy


def _read_parquet(connection: duckdb.DuckDBPyConnection, given: list[Source]) -> list[str]:
    """Read Parquet files into `exported`, and their headers and footers into `raw`; return what was passed over."""
    shape = ", ".join(f"{name} {kind}" for name, kind in CELLS.items())
    connection.execute(f"CREATE TABLE exported({shape})")
    notes = []
    for source in given:
        try:
            found = connection.execute("SELECT key, value FROM parquet_kv_metadata(?)", [str(source.path)]).fetchall()
            told = {bytes(key).decode(): bytes(value).decode() for key, value in found}
            with tempfile.TemporaryDirectory(prefix="tfmatrix-query-") as folder:
                lines = Path(folder) / FILE
                lines.write_text("".join(f"{told[name]}\n" for name in ("header", "footer") if told.get(name)), encoding="utf-8")
                connection.execute(f"INSERT INTO exported SELECT {', '.join(CELLS)} FROM read_parquet(?)", [str(source.path)])
                _read_one(connection, source.run, lines)
        except (OSError, KeyError, UnicodeDecodeError, duckdb.Error) as error:
            notes.append(f"{source.path}: passed over: {_message(error) if isinstance(error, duckdb.Error) else 'no exported run'}")
    return notes


def _order_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Number the TensorFlow versions of all environments from the oldest, so that they can be compared and sorted."""
    found = [
        str(row[0]) for row in connection.execute("SELECT DISTINCT tensorflow FROM environments WHERE tensorflow IS NOT NULL").fetchall()
    ]
    ranks = {version: rank for rank, version in enumerate(sorted(found, key=_version), 1)}
    if ranks:
        connection.executemany("UPDATE environments SET tensorflow_order = ? WHERE tensorflow = ?", [(r, v) for v, r in ranks.items()])


def _version(text: str) -> tuple[bool, Version | str]:
    try:
        return True, Version(text)
    except InvalidVersion:
        return False, text


def _only_asks(connection: duckdb.DuckDBPyConnection, statement: str) -> None:
    kinds = duckdb.StatementType
    statements = connection.extract_statements(statement)
    if len(statements) != 1 or statements[0].type not in (kinds.SELECT, kinds.EXPLAIN, kinds.MULTI):
        what = f"{len(statements)} statements" if len(statements) != 1 else f"a statement of the kind {statements[0].type.name}"
        raise UsageError(f"this is {what}; `query` takes one that asks, such as SELECT; runs are never changed by it\n{columns()}")


def _message(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)


def _script(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")
