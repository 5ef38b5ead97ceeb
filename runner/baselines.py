"""Baselines on disk: a file of a line a cell that can be kept in git, made from a run that was accepted, and read back.

Lines are sorted by id and hold status and reason only, so that a change of a verdict is a change of one line. What says
nothing about TensorFlow is not in it: it cannot be accepted.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from runner.errors import UsageError
from runner.expectations import Accepted, Baseline, BaselineHead, Expectations
from runner.model import Run, Status
from runner.reports.words import counted
from runner.standing import STATEMENTS, is_silent
from runner.store import RunStore, facts_of, newer_than

BESIDE = "expectations.json"
"""The file in the directory of a run that has what it was held against."""

SCHEMA = 1
"""The `schema` of the baselines that this version reads."""

_NEITHER = "this is neither a run (run.jsonl) nor a baseline"


def baseline_of(run: Run) -> Baseline:
    """Return what is accepted with a run: every cell that says something itself. Those that are blocked follow from others."""
    cells = {
        id_: Accepted(id=id_, status=outcome.status, reason=outcome.reason, silent=is_silent(outcome))
        for id_, outcome in sorted(run.outcomes.items())
        if outcome.status in STATEMENTS and not outcome.canary
    }
    head = BaselineHead(run=run.header.run, started=run.header.started, profile=run.header.profile, cells=len(cells))
    return Baseline(source=f"run {run.header.run}", head=head, cells=cells)


def to_text(baseline: Baseline) -> str:
    """Return a baseline as JSON lines, sorted by id."""
    lines = [baseline.head.model_dump_json(by_alias=True)]
    lines += [baseline.cells[id_].model_dump_json(exclude_defaults=True, exclude={"type"}) for id_ in sorted(baseline.cells)]
    return "\n".join(lines) + "\n"


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file. Raises UsageError that names the line that is none of a baseline, or says that the first one is missing."""
    head: BaselineHead | None = None
    cells: dict[str, Accepted] = {}
    lines = _bytes(path).splitlines()
    if lines and not _begins(lines[0]):
        raise UsageError(f"{path}:1: no line of a baseline: {_NEITHER}; `baseline accept` writes one")
    for number, line in enumerate(lines, 1):
        found = _record(path, number, line)
        if isinstance(found, BaselineHead):
            head = found
        elif found.id in cells:
            raise UsageError(f"{path}:{number}: the cell {found.id} is there twice; write it anew with `baseline accept`")
        else:
            cells[found.id] = found
    if head is None:
        raise UsageError(f"{path}: this is no baseline: it has no first line that says which run it is of; `baseline accept` writes one")
    return Baseline(source=str(path), head=head, cells=cells)


def _record(path: Path, number: int, line: bytes) -> Accepted | BaselineHead:
    """Return what a line is. Raises UsageError; the schema is looked at first, as a newer one may have anything else."""
    facts = facts_of(line)
    if facts.get("type") == "baseline" and (newer := newer_than(facts, SCHEMA)):
        raise UsageError(f"{path}:{number}: {newer}, or write it anew with `baseline accept`")
    kind: type[Accepted | BaselineHead] = BaselineHead if facts.get("type") == "baseline" else Accepted
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        what = ": ".join((*map(str, first["loc"]), first["msg"]))
        raise UsageError(f"{path}:{number}: no line of a baseline ({what}); `baseline accept` writes one anew") from error


def _begins(line: bytes) -> bool:
    """Say whether a file that begins so is a baseline, maybe one that lost its first line: of its cells none has a type."""
    facts = facts_of(line)
    return facts.get("type") == "baseline" or ("type" not in facts and "id" in facts)


def cut_short(baseline: Baseline) -> str:
    """Return what is wrong with the number of lines of a baseline, "" when it is the one that its first line says."""
    said, there = baseline.head.cells, len(baseline.cells)
    if said == there:
        return ""
    return f"{baseline.source}: its first line speaks of {counted(said, 'cell')}, and it has {there}; `baseline accept` writes it anew"


def find_baseline(text: str, store: RunStore) -> Baseline:
    """Return the baseline that a file holds, or that a run is: its id, its beginning, its file, or latest. Raises UsageError."""
    path = Path(text)
    if path.is_file() and _begins(_bytes(path).partition(b"\n")[0]):
        return read_baseline(path)
    if path.suffix == ".jsonl" and not path.exists():
        raise UsageError(f"{text}: there is no such file; `baseline accept --output {text}` writes the newest run as a baseline")
    return baseline_of(store.find(text))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: the baseline cannot be read: {error.strerror or error}") from error


def keep(run: Run, expectations: Expectations) -> None:
    """Write what a run was held against beside it, so that later reports say the same; nothing where nothing was expected."""
    if expectations or expectations.problems:
        try:
            (run.path.parent / BESIDE).write_text(expectations.model_dump_json(by_alias=True) + "\n", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{run.path.parent / BESIDE}: cannot be written: {error.strerror}") from error


def kept(run: Run) -> Expectations:
    """Return what a run was held against, nothing where it has no such file. Raises UsageError for a file that is none."""
    path = run.path.parent / BESIDE
    if not path.is_file():
        return Expectations()
    try:
        return Expectations.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UsageError(f"{path}: not what a run writes ({error.errors()[0]['msg']}); remove it to see the run without") from error


def worth_accepting(run: Run) -> str:
    """Return why a run should not be accepted, "" when nothing speaks against it."""
    if not run.complete:
        return "it was interrupted: cells that it did not reach would be news the next time"
    silent = sum(outcome.status in (Status.ERRORED, Status.NOT_RUN) for outcome in run.outcomes.values())
    return f"{silent} of its cells say nothing about TensorFlow, and would be news the next time" if silent else ""
