"""Everything a run knows of one cell, gathered from wherever it stands: the outcome, the save it needed, both environments.

Pure, and free of any rendering: `cell.py` shows it.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import UsageError
from runner.model import Check, CheckResult, Diagnosis, Outcome, Run, Stage, Status
from runner.reports.causes import EXPLAINED, diagnosis_of
from runner.reports.clean import one_line
from runner.reports.words import duration
from runner.rules.facts import facts_by_environment

PACKAGES = (
    "tensorflow",
    "tensorflow-cpu",
    "tf-nightly",
    "keras",
    "tf-keras",
    "tensorflow-addons",
    "numpy",
    "h5py",
    "protobuf",
    "ml-dtypes",
    "wrapt",
)


@dataclass(frozen=True)
class Rung:
    """One check of the ladder: its result, the largest difference that it saw, and what else it noted, as it was recorded."""

    check: Check
    result: CheckResult
    difference: str
    detail: object


@dataclass(frozen=True, kw_only=True)
class Side:
    """An environment of a cell: its role, what was asked for, and what was really installed."""

    role: str
    id: str
    asked: tuple[tuple[str, str], ...]
    installed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """All of it. `needed` are the cells this one stands on, the nearest first, as far as they were recorded."""

    outcome: Outcome
    ladder: tuple[Rung, ...]
    sides: tuple[Side, ...]
    diagnosis: Diagnosis | None
    needed: tuple[Outcome, ...]


def find_cell(run: Run, cell: str) -> Outcome:
    """Return the outcome of a cell; raises UsageError that names the nearest ids when there is none."""
    found = run.outcomes.get(cell)
    if found is not None:
        return found
    wanted = one_line(cell, limit=200)
    near = [one_line(name) for name in difflib.get_close_matches(cell[:400], run.outcomes, n=3, cutoff=0.6)]
    hint = "nearest: " + ", ".join(near) if near else "ids look like load/PRODUCER/CONSUMER/FIXTURE/FORMAT/LOADER"
    reached = "" if run.complete else " The run is not complete: the cell may not have been reached."
    raise UsageError(f"no cell {wanted!r} in run {one_line(run.header.run)}; {hint}.{reached}")


def gather(run: Run, cell: str) -> Evidence:
    """Return all that a run knows of a cell; raises UsageError when it does not know the cell."""
    outcome = find_cell(run, cell)
    facts = facts_by_environment(run.header.environments, run.outcomes)
    return Evidence(
        outcome=outcome,
        ladder=ladder_of(outcome),
        sides=_sides(run, outcome),
        diagnosis=diagnosis_of(outcome, facts) if outcome.status in EXPLAINED else None,
        needed=needed_by(run, outcome),
    )


def ladder_of(outcome: Outcome) -> tuple[Rung, ...]:
    """Return the rungs: for a load that was checked at all every one, else those that were recorded."""
    details, endless = outcome.notes.get("checks"), outcome.notes.get("differences")
    rungs = []
    for check in Check:
        if check not in outcome.checks and not (outcome.checks and outcome.stage is Stage.LOAD):
            continue
        difference = f"{outcome.differences[check]:.3g}" if check in outcome.differences else ""
        if isinstance(endless, Mapping) and check in endless:
            difference = one_line(str(endless[check]), limit=20)
        detail = details.get(check) if isinstance(details, Mapping) else None
        rungs.append(Rung(check, outcome.checks.get(check, CheckResult.NOT_REACHED), difference, detail))
    return tuple(rungs)


def circumstances(outcome: Outcome) -> tuple[str, ...]:
    """Return how the outcome came about, in a few words each: whether it was repeated, attempts, time, isolation, memory."""
    attempts = f"{outcome.attempts} attempt{'s' * (outcome.attempts != 1)}"
    facts = ["" if confirmed_by(outcome) else _confirmation(outcome), attempts, duration(outcome.duration_s)]
    if outcome.isolation:
        nth = f", load {outcome.notes['shared']} in it" if "shared" in outcome.notes else ""
        facts.append("in a fresh process" if outcome.isolation == "process" else f"in a forked child{nth}")
    if outcome.memory_peak_mb is not None:
        facts.append(f"{outcome.memory_peak_mb:.0f} MB at most")
    if outcome.phase:
        facts.append(f"got as far as: {one_line(outcome.phase, limit=40)}")
    if outcome.reused_from:
        facts.append(f"result taken from run {one_line(outcome.reused_from)}")
    return tuple(fact for fact in facts if fact)


def confirmed_by(outcome: Outcome) -> str:
    """Return the id of the other cell through which this failure is believed, or nothing."""
    by = outcome.notes.get("confirmed_by")
    return by if outcome.status is Status.FAILED and isinstance(by, str) and by != outcome.id else ""


def _confirmation(outcome: Outcome) -> str:
    if outcome.status is not Status.FAILED:
        return ""
    if outcome.confirmed is None:
        return "not repeated itself: one of each kind of failure is"
    return "confirmed in a fresh process" if outcome.confirmed else "it did not repeat in a fresh process"


def other_notes(outcome: Outcome, *, limit: int) -> tuple[tuple[str, str], ...]:
    """Return whatever else was recorded, by name: each as one line of JSON of at most `limit` characters."""
    found = []
    for key, value in sorted(outcome.notes.items()):
        if value not in (None, "", [], {}) and key not in {"facts", "packages"}:
            text = value if isinstance(value, str) else json.dumps(value, default=str, sort_keys=True)
            found.append((one_line(key, limit=60), one_line(text, limit=limit)))
    return tuple(found)


def _sides(run: Run, outcome: Outcome) -> tuple[Side, ...]:
    if outcome.stage is Stage.LOAD and outcome.producer and outcome.consumer:
        roles = [("producer", outcome.producer), ("consumer", outcome.consumer)]
    else:
        roles = [("environment", outcome.environment)]
    return tuple(side_of(run, name, role=role) for role, name in roles)


def side_of(run: Run, name: str, *, role: str) -> Side:
    """Return what a run knows of an environment."""
    return Side(role=role, id=name, asked=_flat(run.header.environments.get(name, {})), installed=_installed(run, name))


def _flat(values: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the plain values of a mapping as text; nested ones are shown elsewhere or not at all."""
    return tuple((key, str(value)) for key, value in values.items() if isinstance(value, str | int | float) and value != "")


def _installed(run: Run, name: str) -> tuple[tuple[str, str], ...]:
    """Return Python and the packages that decide about models, as the environment itself reported them."""
    build = run.outcomes.get(f"build/{name}")
    places: list[Any] = [build.notes if build else {}, run.header.environments.get(name, {})]
    for place in list(places):
        places += [place.get(key) for key in ("facts", "installed")]
    for place in places:
        if isinstance(place, Mapping) and isinstance(place.get("packages"), Mapping):
            packages = {str(key).lower().replace("_", "-"): str(value) for key, value in place["packages"].items()}
            python = (("python", str(place["python"])),) if isinstance(place.get("python"), str) else ()
            return (*python, *((package, packages[package]) for package in PACKAGES if package in packages))
    return ()


def needed_by(run: Run, outcome: Outcome) -> tuple[Outcome, ...]:
    """Return the recorded cells that this one stands on: the chain of what blocked it, then its save and the builds."""
    wanted: dict[str, None] = {}
    current: Outcome | None = outcome
    while current is not None and current.blocked_by and current.blocked_by not in wanted:
        wanted[current.blocked_by] = None
        current = run.outcomes.get(current.blocked_by)
    if outcome.stage is Stage.LOAD:
        wanted[f"save/{outcome.producer}/{outcome.fixture}/{outcome.format}"] = None
    for name in (outcome.producer, outcome.consumer):
        if name and outcome.stage is not Stage.BUILD:
            wanted[f"build/{name}"] = None
    return tuple(run.outcomes[cell] for cell in wanted if cell in run.outcomes and cell != outcome.id)
