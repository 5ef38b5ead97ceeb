"""What faults do: fixtures that are about a fault, folded by fault and format. Was anybody told, and what was left?

They are kept out of the grids: there a save that raised as it should would look like a save that is fine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from runner.faults import FAULTS, STRIKING
from runner.model import Outcome, Stage, Status
from runner.standing import root_of


class Met(NamedTuple):
    """How often a fault was met in this way, and in which environments: that of the save, or `producer > consumer`."""

    word: str
    times: int
    where: tuple[str, ...] = ()


Words = tuple[Met, ...]

SAVE_WORDS = ("raised", "died", "looks whole", "hung", "SILENT", "damaged after", "fails", "fails without")
LOAD_WORDS = ("refused", "unharmed", "partly", "crashed", "hung", "SILENT", "fails", "fails without")
LEFT_WORDS = ("nothing", "empty", "a part", "whole")
NO_STATEMENT = "no statement"
NAMED = 2
"""So many environments stand beside a count; the records have the others."""

MEANINGS: dict[str, str] = {
    "raised": "the save raised an exception",
    "died": "the process died of the fault",
    "looks whole": "the fault did not bite: nothing raised, all there",
    "damaged after": "a good save, whose files were damaged afterwards",
    "refused": "the load, or the first call, raised",
    "unharmed": "all that was saved came back",
    "partly": "outputs right, something else lost",
    "crashed": "the load killed the process",
    "hung": "the time limit was reached",
    "SILENT": "nothing raised, and it is wrong",
    "fails": "it failed before the fault was in place",
    "fails without": "it fails without the fault too, and was not tried with it",
    NO_STATEMENT: "errored, blocked or not run",
}

_SHOWN = {"whole": "looks whole", "silent": "SILENT", "damaged": "damaged after"}


@dataclass(frozen=True, kw_only=True)
class FaultRow:
    """One fault in one format: how many saves and loads, over all versions and loaders, met it how. `left` is of saves that it hit."""

    fault: str
    format: str
    saves: Words
    left: Words
    loads: Words


@dataclass(frozen=True, kw_only=True)
class Damage:
    """The rows in the order of the closed list; `absent` are faults that no environment could arrange."""

    rows: tuple[FaultRow, ...] = ()
    absent: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The words that occur and want an explanation."""
        found = {met.word for row in self.rows for met in (*row.saves, *row.loads)}
        return tuple(word for word in MEANINGS if word in found)


def damage_of(outcomes: dict[str, Outcome]) -> Damage:
    """Return what the fault fixtures of a run show."""
    about = [outcome for outcome in outcomes.values() if outcome.fault]
    rows = []
    for fault in sorted({outcome.fault or "" for outcome in about}, key=_order):
        for format_ in sorted({outcome.format or "" for outcome in about if outcome.fault == fault}):
            cells = [outcome for outcome in about if (outcome.fault, outcome.format) == (fault, format_)]
            row = _row(fault, format_, cells, outcomes)
            if row.saves or row.loads:
                rows.append(row)
    faults = {outcome.fault or "" for outcome in about}
    return Damage(rows=tuple(rows), absent=tuple(sorted(faults - {row.fault for row in rows}, key=_order)))


def _row(fault: str, format_: str, cells: list[Outcome], outcomes: dict[str, Outcome]) -> FaultRow:
    saves = [outcome for outcome in cells if outcome.stage is Stage.SAVE]
    loads = [outcome for outcome in cells if outcome.stage is Stage.LOAD]
    return FaultRow(
        fault=fault,
        format=format_,
        saves=_counted(((_word(outcome, outcomes), outcome) for outcome in saves), SAVE_WORDS),
        left=_counted(((_left(outcome), outcome) for outcome in saves if fault in STRIKING), LEFT_WORDS),
        loads=_counted(((_word(outcome, outcomes), outcome) for outcome in loads), LOAD_WORDS),
    )


def _counted(told: Iterable[tuple[str, Outcome]], order: tuple[str, ...]) -> Words:
    places: dict[str, list[str]] = {}
    for word, outcome in told:
        places.setdefault(word, []).append(f"{outcome.producer} > {outcome.consumer}" if outcome.consumer else outcome.environment)
    found = (word for word in (*order, NO_STATEMENT) if word in places)
    return tuple(Met(word, len(places[word]), tuple(dict.fromkeys(places[word]))) for word in found)


def _word(outcome: Outcome, outcomes: dict[str, Outcome]) -> str:
    """Return in a word how a save or load met its fault; "" for what is unsupported."""
    if outcome.status is Status.UNSUPPORTED:
        return ""
    root = root_of(outcome, outcomes)
    if root is not None and root.status is Status.FAILED and not root.fault:
        return "fails without"
    said = (outcome.notes.get("fault") or {}).get(str(outcome.stage))
    if not isinstance(said, str):
        return "fails" if outcome.status is Status.FAILED else NO_STATEMENT
    word = said.partition(":")[0]
    return _SHOWN.get(word, word)


def _left(outcome: Outcome) -> str:
    left = (outcome.notes.get("fault") or {}).get("left")
    if not isinstance(left, dict):
        return ""
    return "whole" if left.get("whole") else "a part" if left.get("bytes") else "empty" if left.get("files") else "nothing"


def _order(fault: str) -> tuple[int, str]:
    known = list(FAULTS)
    return (known.index(fault) if fault in known else len(known), fault)


def spoken(words: Words) -> tuple[str, ...]:
    """Return counts as they stand in a table: `raised 3`, `died 1 (tf2.12-py311)`. Named is where the fewest met it otherwise."""
    most = max((met.times for met in words), default=0)
    return tuple(
        f"{met.word} {met.times}" + (f" ({', '.join(met.where)})" if met.times < most and len(met.where) <= NAMED else "") for met in words
    )
