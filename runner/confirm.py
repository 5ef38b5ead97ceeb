"""Which failures are believed, and when. A state machine over attempts, without I/O.

Confirming every failure in a fresh process would cost more than the whole run, so each *distinct* failure (consumer,
format, loader, reason, normalised message) is confirmed once: its first cell runs again in a fresh process, and the
others are held back until that is known. What may be spurious (a crash, a time limit) is repeated cell by cell besides, and so
is what failed silently: there is no message that would tell one failure from another.
A failure that does not come again is `flaky`, and then every other cell of the same failure has to prove itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from runner.canaries import BROKEN
from runner.faults import STRIKING
from runner.model import REASONS, Cell, CheckResult, Isolation, Outcome, Reason, Stage, Status
from runner.standing import is_silent

_NOISE = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x"),
    (re.compile(r"(?:/[\w.@+~-]+){2,}/?"), "/path"),
    (re.compile(r"\d+(?:\.\d+)*"), "0"),
    (re.compile(r"[(\[][0, ]*[)\]]"), "(0)"),
    (re.compile(r"\s+"), " "),
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|<[^<>]*>")
_WORDS = 12
_LENGTH = 160
"""Longer messages of Keras go on with configurations and lists of objects, which differ from model to model."""


class Signature(NamedTuple):
    """What makes two failures the same one."""

    environment: str
    stage: str
    format: str | None
    loader: str | None
    reason: Reason | None
    message: str


def normalised(text: str) -> str:
    """Return a message without what differs between two models that fail alike: names, shapes, numbers, paths, addresses.

    Of a message that is little but a name, such as that of a KeyError, the name stays.
    """
    plain = _QUOTED.sub("''", text)
    if sum(letter.isalpha() for letter in plain) >= _WORDS:
        text = plain
    for pattern, plain in _NOISE:
        text = pattern.sub(plain, text)
    return text.strip()[:_LENGTH]


def signature(outcome: Outcome) -> Signature:
    """Return the signature of a failure; where nothing was raised, how the process ended and the failed checks stand for the message."""
    if outcome.error is not None:
        message = f"{outcome.error.type}: {normalised(outcome.error.point)}"
    else:
        ended = [f"{name} {outcome.notes[name]}" for name in ("signal", "exit_code") if name in outcome.notes]
        message = " ".join([*ended, *sorted(check for check, result in outcome.checks.items() if result is CheckResult.FAILED)])
    return Signature(outcome.environment, outcome.stage, outcome.format, outcome.loader, outcome.reason, message)


def may_be_spurious(outcome: Outcome) -> bool:
    """Say whether a busy machine can be the cause of this outcome, so that seeing it once is too little."""
    return outcome.reason is not None and REASONS[outcome.reason].spurious


@dataclass(frozen=True)
class Again:
    """One more attempt at a cell: where it ran before (None), or in a fresh process."""

    cell: Cell
    isolation: Isolation | None


@dataclass(frozen=True)
class Ruling:
    """What follows from an attempt: outcomes that are final, and attempts still to be made. Neither: the cell is held back."""

    settled: tuple[Outcome, ...] = ()
    again: tuple[Again, ...] = ()


@dataclass
class _Group:
    """A distinct failure whose representative is being confirmed; `held` are the others, each with what it came to."""

    representative: Cell
    held: list[tuple[Cell, Outcome]] = field(default_factory=list)


class Confirmer:
    """Takes attempts, one after another, and rules on them."""

    def __init__(self) -> None:
        self._attempts: dict[str, list[Outcome]] = {}
        self._confirmed: dict[Signature, str] = {}
        self._doubtful: set[Signature] = set()
        self._groups: dict[Signature, _Group] = {}
        self._alone: set[str] = set()

    def believe(self, outcomes: Iterable[Outcome]) -> None:
        """Take failures that were confirmed by an earlier run as confirmed; the same keys mean the same consumers."""
        for outcome in outcomes:
            if outcome.status is Status.FAILED and outcome.confirmed:
                self._confirmed.setdefault(signature(outcome), outcome.id)

    def take(self, cell: Cell, outcome: Outcome) -> Ruling:
        """Rule on an attempt at a cell."""
        attempts = self._attempts.setdefault(cell.id, [])
        attempts.append(outcome)
        if len(attempts) == 1:
            return self._first(cell, outcome)
        if cell.id in self._alone:
            return self._proof(cell, attempts)
        return self._repeated(cell, attempts)

    def _first(self, cell: Cell, outcome: Outcome) -> Ruling:
        if outcome.status is Status.FAILED and cell.canary == BROKEN:
            # It has to fail, and does not stand for any other failure.
            return self._settle(outcome)
        if outcome.status is Status.FAILED:
            return self._failure(cell, outcome)
        if outcome.status is Status.ERRORED and may_be_spurious(outcome):
            return Ruling(again=(Again(cell, None),))
        return self._settle(outcome)

    def _failure(self, cell: Cell, outcome: Outcome) -> Ruling:
        """A failure seen for the first time in this cell."""
        found = signature(outcome)
        if found not in self._confirmed and found not in self._groups:
            return self._prove(cell, None if found in self._doubtful else found)
        if may_be_spurious(outcome) or is_silent(outcome):
            return Ruling(again=(Again(cell, None),))
        return self._join(cell, outcome)

    def _prove(self, cell: Cell, found: Signature | None) -> Ruling:
        """Run a cell again in a fresh process; with a signature it stands for all cells of that failure."""
        self._alone.add(cell.id)
        if found is not None:
            self._groups[found] = _Group(cell)
        return Ruling(again=(Again(cell, "process"),))

    def _join(self, cell: Cell, outcome: Outcome) -> Ruling:
        found = signature(outcome)
        if found in self._confirmed:
            return self._settle(outcome, confirmed=True, notes={"confirmed_by": self._confirmed[found]})
        if found in self._doubtful:
            return self._prove(cell, None)
        self._groups[found].held.append((cell, outcome))
        return Ruling()

    def _repeated(self, cell: Cell, attempts: list[Outcome]) -> Ruling:
        """One more attempt at what may have been spurious, where the cell belongs."""
        failed = [attempt for attempt in attempts if attempt.status is Status.FAILED]
        if not failed:
            return self._settle(attempts[-1])
        if len(attempts) == 2 and attempts[0].status is Status.ERRORED:
            return self._failure(cell, attempts[-1])
        if _agreeing(attempts):
            return self._join(cell, failed[0])
        # Which limit is met first is a matter of how busy the machine is.
        return self._prove(cell, None) if len(failed) == len(attempts) else self._flaky(attempts)

    def _proof(self, cell: Cell, attempts: list[Outcome]) -> Ruling:
        """An attempt in a fresh process at what failed before."""
        # The earlier one is kept: it is the run's ordinary way, unless only fresh processes agree.
        same = _agreeing(attempts)
        if same is not None:
            return self._believed(same)
        fresh = sum(attempt.isolation == "process" for attempt in attempts)
        if attempts[-1].status in (Status.FAILED, Status.ERRORED) and fresh < 2:
            return Ruling(again=(Again(cell, "process"),))
        return self._disbelieved(attempts)

    def _believed(self, outcome: Outcome) -> Ruling:
        ruling = self._settle(outcome, confirmed=True)
        group = self._group_of(outcome.id)
        if group is None:
            return ruling
        found, members = group
        if found.reason is not outcome.reason:
            return _joined(ruling, self._break_up(found, members))
        self._confirmed[found] = outcome.id
        del self._groups[found]
        return _joined(ruling, *(self._join(cell, held) for cell, held in members.held))

    def _disbelieved(self, attempts: list[Outcome]) -> Ruling:
        flaky = self._flaky(attempts)
        group = self._group_of(attempts[0].id)
        return flaky if group is None else _joined(flaky, self._break_up(*group))

    def _break_up(self, found: Signature, group: _Group) -> Ruling:
        """The representative did not confirm the failure: every other cell of it has to prove itself."""
        del self._groups[found]
        self._doubtful.add(found)
        return _joined(*(self._prove(cell, None) for cell, _ in group.held))

    def _group_of(self, cell_id: str) -> tuple[Signature, _Group] | None:
        return next(((found, group) for found, group in self._groups.items() if group.representative.id == cell_id), None)

    def _flaky(self, attempts: list[Outcome]) -> Ruling:
        if _met_otherwise(attempts):
            return self._settle(attempts[-1])
        first = next(attempt for attempt in attempts if attempt.status is Status.FAILED)
        update = {"status": Status.ERRORED, "reason": Reason.FLAKY}
        return self._settle(first.model_copy(update=update), confirmed=False)

    def _settle(self, outcome: Outcome, *, confirmed: bool | None = None, notes: dict[str, Any] | None = None) -> Ruling:
        attempts = self._attempts[outcome.id]
        history = [_told(attempt) for attempt in attempts] if len(attempts) > 1 else None
        more = {**outcome.notes, **(notes or {}), **({"attempts": history} if history else {})}
        update = {"attempts": len(attempts), "confirmed": confirmed, "notes": more}
        return Ruling(settled=(outcome.model_copy(update=update),))


def _agreeing(attempts: list[Outcome]) -> Outcome | None:
    """Return the first earlier attempt that failed for the reason of the last one.

    Messages are not compared: what differs in them by chance is not all known.
    """
    last = attempts[-1]
    if last.status is not Status.FAILED:
        return None
    return next((one for one in attempts[:-1] if one.status is Status.FAILED and one.reason is last.reason), None)


def _met_otherwise(attempts: list[Outcome]) -> bool:
    """Say whether a save died or hung of its fault, and at last raised: where want of memory strikes is chance.

    The files are those of the last attempt, so that one stands; the others are told in its notes. A save that said nothing once
    is another matter.
    """
    last = attempts[-1]
    hit = last.fault in STRIKING and last.stage is Stage.SAVE and last.status is Status.PASSED
    return hit and all(may_be_spurious(attempt) for attempt in attempts[:-1])


def _told(attempt: Outcome) -> dict[str, Any]:
    said = f"{attempt.error.type}: {attempt.error.message[:300]}" if attempt.error else str(attempt.notes.get("why", ""))
    return {"isolation": attempt.isolation, "status": str(attempt.status), "reason": attempt.reason and str(attempt.reason), "said": said}


def _joined(*rulings: Ruling) -> Ruling:
    return Ruling(
        settled=tuple(outcome for ruling in rulings for outcome in ruling.settled),
        again=tuple(attempt for ruling in rulings for attempt in ruling.again),
    )
