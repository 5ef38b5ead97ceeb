"""What a run is going to be held against: the known failures and the baseline of its matrix file, or the baseline that was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from runner.banner import banner_of
from runner.baselines import baseline_of, find_baseline, read_baseline, to_text, worth_accepting
from runner.errors import NothingSelected, UsageError
from runner.expectations import Baseline, Expectations, KnownFailure
from runner.plan import make_plan
from runner.reports.words import counted
from runner.selection import Selection, select
from runner.spec import MatrixSpec
from runner.store import RunStore
from runner.writing import write_text

NONE = "none"
"""What is given as a baseline to run without the one of the matrix file."""


def expected(selection: Selection, option: str | None, store: RunStore) -> Expectations:
    """Return what a run of a selection is held against. Raises UsageError for a baseline that is not there."""
    spec = selection.spec
    return Expectations(baseline=_baseline(spec, option, store), rules=spec.known_failures, problems=tuple(_never(spec, selection.profile)))


def _baseline(spec: MatrixSpec, option: str | None, store: RunStore) -> Baseline | None:
    if option == NONE:
        return None
    if option is not None:
        return find_baseline(option, store)
    if spec.baseline is None:
        return None
    if not spec.baseline.is_file():
        raise UsageError(
            f"{spec.path}:{spec.baseline_line}: `baseline`: there is no file {spec.baseline}; run with `--baseline {NONE}`, look at the"
            f" result, and write it with `baseline accept --output {spec.baseline}`"
        )
    return read_baseline(spec.baseline)


def _never(spec: MatrixSpec, profile: str) -> Iterator[str]:
    """Yield the rules that fit no cell of any profile. The other profiles are planned only where the run's own is not enough."""
    left = _unfit(spec.known_failures, spec, profile)
    for other in spec.profiles:
        if left and other.name != profile:
            left = _unfit(left, spec, other.name)
    for rule in left:
        yield f"{rule} fits no cell of any profile; correct the selector, or remove it"


def _unfit(rules: tuple[KnownFailure, ...], spec: MatrixSpec, profile: str) -> tuple[KnownFailure, ...]:
    if not rules:
        return ()
    try:
        cells = [cell.id for cell in make_plan(select(spec, profile=profile)).cells if not cell.canary]
    except NothingSelected:
        return rules
    return tuple(rule for rule in rules if not any(map(rule.fits, cells)))


def accept(run: str | None, *, output: Path, reports: Path, console: Console) -> int:
    """Write a run as a baseline. Raises UsageError for one that cannot be believed, and says what speaks against accepting others."""
    found = RunStore(reports).find(run)
    banner = banner_of(found)
    if banner:
        raise UsageError(f"baseline accept: run {found.header.run} cannot be believed, so it is not accepted:\n" + "\n".join(banner))
    baseline = baseline_of(found)
    if not baseline.cells:
        raise UsageError(f"baseline accept: run {found.header.run} has no cell that says anything about TensorFlow")
    said = [f"run {found.header.run}: {counted(len(baseline.cells), 'cell')} accepted", *_replaced(output, baseline)]
    doubt = worth_accepting(found)
    write_text(to_text(baseline), output)
    for line in [*said, *([f"beware: {doubt}"] if doubt else [])]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    return 0


def _replaced(output: Path, baseline: Baseline) -> Iterator[str]:
    """Yield what becomes of the baseline that was there: a run of fewer cells would forget the others without a word."""
    if not output.is_file():
        return
    before = read_baseline(output)
    changed = sum(id_ in before.cells and before.cells[id_] != cell for id_, cell in baseline.cells.items())
    forgotten = len(before.cells.keys() - baseline.cells.keys())
    yield f"of the baseline before, {counted(changed, 'cell')} changed"
    if forgotten:
        yield f"beware: it forgets {counted(forgotten, 'cell')} that this run does not have; they would be news when they fail"
