"""Runs on disk: `reports/runs/<run id>/run.jsonl`, one line a fact, each flushed to the disk before it counts.

Lines are only ever appended, by one writer that holds the lock of its run. The system drops the lock when the writer dies,
however it dies, so a run without a footer and without a lock is an interrupted one. A last line that is torn was being
written when the power went: it never counted and is not read.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import Any

from pydantic import ValidationError

from runner.artifacts import ArtifactStore
from runner.errors import RunnerError, UsageError
from runner.model import Footer, Header, Outcome, Run, Status
from runner.records import Record, decode, encode

REUSABLE = frozenset({Status.PASSED, Status.DEGRADED, Status.FAILED, Status.UNSUPPORTED})
"""Statuses that say something about TensorFlow: a cell with one of them need not run again while its key is the same."""

FILE = "run.jsonl"
LOCK = "run.lock"
SCHEMA = 1
"""The `schema` of the headers that this version reads."""
LONGEST_HEADER = 16 * 1024 * 1024
"""So many bytes of a file are looked at to say what it is."""
KEY = re.compile(rb'"key":"([0-9a-f]{32})"')
"""The key of an outcome in its line, for those who look at many lines and parse few."""


class StoreFault(RunnerError):
    """The reports directory cannot be written or read."""


class Newer(StoreFault):
    """A run that a newer version of this program wrote: nothing is wrong with it."""

    exit_code = 2


def new_run_id(now: datetime | None = None) -> str:
    """Return a run id that sorts by time: `20261121-045900-3f2a` (UTC, to the second, and 16 microseconds in hexadecimal)."""
    now = now or datetime.now(UTC)
    return f"{now:%Y%m%d-%H%M%S}-{now.microsecond // 16:04x}"


class RunWriter:
    """The one writer of a run. A context manager: it holds the lock of the run while it is open."""

    def __init__(self, directory: Path) -> None:
        """Make the directory of the run and take its lock. Raises StoreFault, FileExistsError when the run exists."""
        self.directory = directory
        self.path = directory / FILE
        try:
            directory.mkdir(parents=True)
        except FileExistsError:
            raise
        except OSError as error:
            raise _fault(error, directory) from error
        try:
            self._lock = os.open(directory / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._file = os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise _fault(error, directory) from error

    def append(self, *records: Record) -> None:
        """Write records and flush them to the disk: all of them, or none and StoreFault."""
        data = b"".join(encode(record).encode() for record in records)
        before = os.fstat(self._file).st_size
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError as error:
            # Half a line would make the next one unreadable; cutting back needs no space.
            os.ftruncate(self._file, before)
            raise _fault(error, self.path) from error

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._file)
        os.close(self._lock)


def _fault(error: OSError, path: Path) -> StoreFault:
    return StoreFault(
        f"{path}: {error.strerror or error}; what was written before is kept. Free space or give another reports directory, then run the"
        " same command again: it goes on from there"
    )


class RunStore:
    """All runs below one reports directory, and the artifacts that they share."""

    def __init__(self, reports: Path) -> None:
        # Agents work in other directories.
        self.reports = reports = reports.absolute()
        self.runs = reports / "runs"
        self.scratch = reports / "scratch"
        self.artifacts = ArtifactStore(reports / "artifacts")

    def create(self, run: str) -> RunWriter:
        """Begin a run. Raises StoreFault when the directory cannot be written, FileExistsError when the run exists."""
        return RunWriter(self.runs / run)

    def ids(self) -> tuple[str, ...]:
        """Return the ids of all runs that have a file, oldest first."""
        try:
            return tuple(sorted(entry.name for entry in self.runs.iterdir() if (entry / FILE).is_file()))
        except OSError:
            return ()

    def read(self, run: str) -> Run:
        """Read a run. Raises StoreFault naming file and line when a line other than a torn last one is no record."""
        return read_run(self.runs / run / FILE)

    def latest(self) -> Run:
        """Return the newest run that can be read as far as its header. Raises UsageError when there is none."""
        for run in reversed(self.ids()):
            if (self.runs / run / FILE).stat().st_size:
                return self.read(run)
        raise UsageError(f"{self.runs}: there are no runs yet; `nox -s matrix` makes one")

    def find(self, text: str | None) -> Run:
        """Return the run whose id begins with `text`, or whose directory or file it names; the newest without a text.

        Raises UsageError for a text that fits no run or several, with the nearest ids, and for a file that is no run.
        """
        if not text or text == "latest":
            return self.latest()
        path = Path(text)
        for candidate in (path, path / FILE):
            if candidate.is_file():
                return self._of_file(candidate)
        found = [run for run in self.ids() if run == text] or [run for run in self.ids() if run.startswith(text)]
        if len(found) == 1:
            return self.read(found[0])
        if found:
            raise UsageError(f"{text!r} begins {len(found)} runs: {', '.join(found[-5:])}; give more of the id")
        if path.is_dir():
            raise UsageError(f"{text}: there is no {FILE} in this directory: it is not that of a run")
        if "/" in text:
            raise UsageError(f"{text}: there is no such file or directory")
        raise UsageError(f"no run {text!r} in {self.runs}; {self._hint(text)}")

    def _hint(self, text: str) -> str:
        """Return which ids are like the text, else where all are listed: the newest ones would only look like an answer."""
        if not self.ids():
            return "there are no runs yet; `nox -s matrix` makes one"
        near = get_close_matches(text, self.ids(), n=3, cutoff=0.4)
        return f"did you mean {' or '.join(near)}?" if near else "`runs list` shows those that there are"

    def _of_file(self, path: Path) -> Run:
        """Read the run of a file that was named. One that is not ours may be anything: it is neither ours to call changed nor to remove."""
        if not path.resolve().is_relative_to(self.runs.resolve()) and not begins_as_run(path):
            raise UsageError(f"{path}: this is neither a run ({FILE}) nor a baseline")
        return read_run(path)

    def is_active(self, run: str) -> bool:
        """Say whether a runner is writing this run now."""
        return is_locked(self.runs / run / LOCK)

    def known(self, keys: Collection[str]) -> dict[str, tuple[str, Outcome]]:
        """Return the newest reusable outcome of each key as (run id, outcome); unreadable lines and runs are passed over."""
        wanted = {key.encode() for key in keys if key}
        found: dict[str, tuple[str, Outcome]] = {}
        for run in reversed(self.ids()):
            if not wanted:
                break
            seen: dict[str, tuple[str, Outcome]] = {}
            for outcome in _with_keys(self.runs / run / FILE, wanted):
                if outcome.status in REUSABLE:
                    seen[outcome.key] = (outcome.reused_from or run, outcome)
            found |= seen
            wanted -= {key.encode() for key in seen}
        return found

    def durations(self) -> dict[str, float]:
        """Return the seconds of each cell id in the newest run that has it, for estimates."""
        found: dict[str, float] = {}
        for run in self.ids()[-5:]:
            try:
                outcomes = self.read(run).outcomes.values()
            except (StoreFault, OSError):
                continue
            found |= {outcome.id: outcome.duration_s for outcome in outcomes if outcome.attempts}
        return found


def is_locked(path: Path) -> bool:
    """Say whether some process holds the lock file."""
    try:
        lock = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _with_keys(path: Path, wanted: Collection[bytes]) -> Iterator[Outcome]:
    """Yield the outcomes of a run that have one of the keys; only their lines are parsed, as runs may be many and large."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        if any(match.group(1) in wanted for match in KEY.finditer(line)):
            try:
                record = decode(line.decode())
            except ValueError:
                continue
            if isinstance(record, Outcome) and record.key.encode() in wanted:
                yield record


def begins_as_run(path: Path) -> bool:
    """Say whether the first line of a file says that it is the header of a run. Raises UsageError when the file cannot be read."""
    try:
        with path.open("rb") as stream:
            first = stream.readline(LONGEST_HEADER)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from error
    return facts_of(first).get("type") == "header"


def facts_of(line: bytes) -> dict[str, Any]:
    """Return the JSON object that a line is, an empty one where it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def newer_than(facts: dict[str, Any], schema: int) -> str:
    """Return that a first line was written by a newer version of this program, "" when it was not."""
    found = facts.get("schema")
    if not isinstance(found, int) or found <= schema:
        return ""
    return f"written by a newer version of this program (schema {found}, and this one reads {schema}): read it with that version"


def read_run(path: Path) -> Run:
    """Read a `run.jsonl`. Raises StoreFault naming the line that is no record; a torn last line is passed over."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise StoreFault(f"{path}: {error.strerror or error}") from error
    header: Header | None = None
    footer: Footer | None = None
    outcomes: dict[str, Outcome] = {}
    for number, line in enumerate(lines[:-1], 1):
        match _record(path, number, line):
            case Header() as found:
                if newer := newer_than({"schema": found.schema_}, SCHEMA):
                    raise Newer(f"{path}: {newer}")
                header = found
            case Footer() as found:
                footer = found
            case Outcome() as found:
                outcomes[found.id] = found
    if header is None:
        raise StoreFault(f"{path}: there is no header: the run was stopped before it began; remove the directory")
    return Run(path=path, header=header, outcomes=outcomes, footer=footer)


def _record(path: Path, number: int, line: bytes) -> Record:
    try:
        return decode(line.decode())
    except (ValidationError, UnicodeDecodeError) as error:
        if newer := newer_than(facts_of(line), SCHEMA):
            raise Newer(f"{path}: {newer}") from error
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise StoreFault(f"{path}:{number}: no record of a run ({first}); the file was changed after it was written") from error
