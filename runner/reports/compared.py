"""A comparison as sections to read: what newly breaks, what is fixed, what still breaks, each by cause. Pure.

What breaks has the cause and the remedy of the new side, what is fixed those of the base: that is what went away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from runner.compare import STILL, CellChange, Change, Comparison, Side
from runner.model import REASONS, Diagnosis, Outcome, Run, Stage, Status
from runner.reports.causes import EXPLAINED, Group, diagnosis_of, group_by_cause
from runner.reports.clean import one_line
from runner.reports.judged import BANNER
from runner.reports.remedies import Remedies
from runner.reports.tables import GridCell, fold
from runner.reports.words import counted
from runner.rules.facts import Environments, facts_by_environment
from runner.standing import root_of
from runner.upgrade import EXISTING, OWN

Form = Literal["short", "full"]

_WORKED = (Status.PASSED, Status.DEGRADED)


@dataclass(frozen=True, kw_only=True)
class Section:
    """What has become of some cells: a title, a word for programs, the cells by cause and each on its own.

    `silent` of them give wrong values without a word. `urgent` says that the short form has it too, `past`
    that the causes are those of the base, which are no more.
    """

    name: str
    title: str
    groups: tuple[Group, ...]
    cells: tuple[CellChange, ...]
    silent: int = 0
    urgent: bool = False
    past: bool = False


@dataclass(frozen=True, kw_only=True)
class FormatRow:
    """One format in an upgrade: loads on both sides, of files that exist and of files of the environment's own."""

    format: str
    existing: tuple[GridCell, GridCell]
    own: tuple[GridCell, GridCell]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Everything a report says of a comparison."""

    comparison: Comparison
    sections: tuple[Section, ...]
    formats: tuple[FormatRow, ...]
    compared: int
    """How many cells both sides have and say something of, other than that neither has such a feature."""


def compared(base: Run, new: Run, comparison: Comparison) -> Compared:
    """Return the sections of a comparison of two runs; empty ones are left out."""
    sides = (_Causes(base), _Causes(new))
    found = [_section(name, title, cells, sides, urgent) for name, title, urgent, cells in _sorted_out(comparison)]
    return Compared(
        comparison=comparison,
        sections=tuple(section for section in found if section.cells),
        formats=_formats(base, new, comparison),
        compared=len(comparison.changes) - sum(comparison.counts[kind] for kind in _APART),
    )


def _sorted_out(comparison: Comparison) -> Iterable[tuple[str, str, bool, tuple[CellChange, ...]]]:
    """Yield name, title, whether it is urgent, and the cells of each section in the order of reading."""

    def those(*kinds: Change, was: tuple[Status, ...] = (), now: tuple[Status, ...] = ()) -> tuple[CellChange, ...]:
        return tuple(
            change
            for change in comparison.of(*kinds)
            if (not was or (change.was and change.was.status in was)) and (not now or (change.now and change.now.status in now))
        )

    failing, half = (Status.FAILED,), (Status.DEGRADED,)
    yield "breaks", "Newly breaks", True, those(Change.REGRESSED)
    yield (
        "feature-gone",
        "No longer there: the new side has no such format, loader or module",
        True,
        those(Change.FEATURE_GONE, was=_WORKED),
    )
    yield "loses", "Newly loses something: the outputs are right", True, those(Change.PARTLY_REGRESSED)
    yield "fixed", "Fixed", True, those(Change.FIXED)
    yield "partly-fixed", "Fixed in part: the outputs are right, and something else is lost", True, those(Change.PARTLY_FIXED)
    yield "feature-came", "New features that work", False, those(Change.FEATURE_CAME, now=_WORKED)
    yield "feature-fails", "New features that fail", True, those(Change.FEATURE_CAME, now=failing)
    yield "still-breaks", "Still breaks", True, those(*STILL, now=failing)
    yield "still-loses", "Still loses something: the outputs are right", True, those(*STILL, now=half)
    yield "new-fails", "New cells that fail", True, those(Change.NEW, now=failing)
    yield "new-loses", "New cells that lose something", False, those(Change.NEW, now=half)
    yield (
        "measured-otherwise",
        "Another verdict, and measured otherwise: no statement about TensorFlow",
        True,
        those(Change.MEASURED_OTHERWISE),
    )
    yield "flaky", "Flaky: a failure that did not repeat", False, those(Change.FLAKY)
    yield "not-comparable", "Not comparable", False, those(Change.NOT_COMPARABLE)
    yield "gone-unmissed", "No longer there, and did not work before", False, those(Change.FEATURE_GONE, was=failing)


class _Causes:
    """The causes of the cells of a run, found when they are asked for."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._facts: Environments = facts_by_environment(run.header.environments, run.outcomes)
        self._found: dict[str, Diagnosis] = {}

    def of(self, outcome: Outcome) -> Diagnosis:
        """Return the cause of a cell: of one that is blocked, that of the cell which blocks it."""
        if outcome.id not in self._found:
            self._found[outcome.id] = self._cause(outcome)
        return self._found[outcome.id]

    def _cause(self, outcome: Outcome) -> Diagnosis:
        root = root_of(outcome, self._run.outcomes) or outcome
        if root.status in EXPLAINED:
            found = diagnosis_of(root, self._facts)
            return found if root is outcome else found.model_copy(update={"cause": f"the {root.stage} before it: {found.cause}"})
        if root.status is Status.UNSUPPORTED:
            why = root.notes.get("why")
            text = why if isinstance(why, str) and why else REASONS[root.reason].text if root.reason else "it has no such feature"
            return Diagnosis(cause=one_line(text), **{"class": "unsupported"})
        return Diagnosis(cause=f"{root.status}", **{"class": "setup" if root.status is not Status.PASSED else "passed"})


def _section(name: str, title: str, cells: tuple[CellChange, ...], sides: tuple[_Causes, _Causes], urgent: bool) -> Section:
    past = name in ("fixed", "partly-fixed")
    groups: tuple[Group, ...] = ()
    if name not in ("flaky", "not-comparable", "measured-otherwise"):
        chosen = [outcome for change in cells if (outcome := change.base if past else change.new) is not None]
        causes = sides[0] if past else sides[1]
        groups = group_by_cause(chosen, {outcome.id: causes.of(outcome) for outcome in chosen}, past=past)
    silent = sum(change.now is not None and change.now.silent for change in cells)
    return Section(name=name, title=title, groups=groups, cells=cells, silent=silent, urgent=urgent, past=past)


def leading(section: Section, most: int | None) -> tuple[Group, ...]:
    """Return the causes that are said each on its own: all for None, else `most` of them besides those with silent failures.

    A silent failure is the worst there is: none hides among others.
    """
    silent = sum(group.silent > 0 for group in section.groups)
    return section.groups if most is None else section.groups[: silent + most]


def shown(found: Compared, form: Form) -> tuple[Section, ...]:
    """Return the sections that a form has: the short one leaves out those that are not urgent."""
    return tuple(section for section in found.sections if section.urgent or form == "full")


def remedies_of(sections: Iterable[Section], most: int | None, *, limit: int) -> Remedies:
    """Return the remedies of what is said; what is over needs none."""
    return Remedies((group.remedy for section in sections if not section.past for group in leading(section, most)), limit=limit)


def reasons_apart(cells: Iterable[CellChange]) -> tuple[tuple[str, int], ...]:
    """Return why cells are not comparable, or what of them was measured otherwise, with the number of cells.

    Those that now fail silently come first, then the most frequent.
    """
    found: Counter[tuple[bool, str]] = Counter()
    for change in cells:
        silent = change.now is not None and change.now.silent
        text = change.why
        if change.change is Change.MEASURED_OTHERWISE:
            verdict = f"{change.verdict}, silently," if silent else f"{change.verdict}"
            text = f"{verdict} by the verdict alone; changed: {'; '.join(change.altered)}"
        found[(not silent, text)] += 1
    return tuple((text, count) for (_, text), count in sorted(found.items(), key=lambda item: (item[0][0], -item[1], item[0][1])))


def _formats(base: Run, new: Run, comparison: Comparison) -> tuple[FormatRow, ...]:
    """Return the loads of an upgrade by format, only cells that both sides have; nothing for a comparison of two runs."""
    pairs: dict[tuple[str, str], list[CellChange]] = {}
    for change in comparison.changes:
        if change.about and change.outcome.stage is Stage.LOAD and change.base and change.new and not change.outcome.fault:
            pairs.setdefault((change.outcome.format or "", change.about), []).append(change)

    def folded(name: str, about: str) -> tuple[GridCell, GridCell]:
        cells = pairs.get((name, about), [])
        olds = [change.base for change in cells if change.base]
        news = [change.new for change in cells if change.new]
        return fold(olds, base.outcomes), fold(news, new.outcomes)

    names = sorted({name for name, _ in pairs})
    return tuple(FormatRow(format=name, existing=folded(name, EXISTING), own=folded(name, OWN)) for name in names)


_ORDER = (
    (Status.UNSUPPORTED, "unsupported"),
    (Status.BLOCKED, "blocked"),
    (Status.ERRORED, "errored"),
    (Status.NOT_RUN, "not run"),
)


def side_text(side: Side) -> str:
    """Return how many cells of a side ran, how they ended, and why the others did not; the same words for both."""
    counts: Mapping[Status, int] = side.counts
    ended = ", ".join(f"{counts.get(status, 0)} {status}" for status in (Status.PASSED, Status.DEGRADED, Status.FAILED))
    rest = ", ".join(f"{counts.get(status, 0)} {word}" for status, word in _ORDER)
    return f"{counted(side.planned, 'cell')}: {side.ran} ran ({ended}), {rest}" + ("" if side.complete else "; interrupted")


def headline(found: Compared) -> str:
    """Return the news in one sentence, with its denominator: the numbers of the first half add up to it."""
    counts = found.comparison.counts
    cells = {section.name: len(section.cells) for section in found.sections}
    silent = sum(section.silent for section in found.sections if section.name == "breaks")
    apart = (Change.STILL_UNSUPPORTED, Change.NEW, Change.GONE, Change.NOT_COMPARABLE, Change.FLAKY)
    always = [
        (cells.get("breaks", 0) + cells.get("feature-gone", 0), "newly break" + (f" ({silent} silently)" if silent else "")),
        (cells.get("loses", 0), "newly lose something"),
        (counts[Change.FIXED] + counts[Change.PARTLY_FIXED], "are fixed"),
        (cells.get("still-breaks", 0) + cells.get("still-loses", 0), "still break or lose something"),
        (counts[Change.STILL_PASSING], "still pass"),
    ]
    seldom = [
        (counts[Change.FEATURE_CAME], "are new features"),
        (cells.get("gone-unmissed", 0), "did not work and are no longer there"),
        (counts[Change.MEASURED_OTHERWISE], "were measured otherwise"),
    ]
    parts = ", ".join(f"{count} {word}" for count, word in [*always, *((count, word) for count, word in seldom if count)])
    rest = ", ".join(f"{counts[kind]} {_APART[kind]}" for kind in apart)
    return f"Of {counted(found.compared, 'cell')} compared {parts}. Not among them: {rest}."


_APART = {
    Change.STILL_UNSUPPORTED: "unsupported on both sides",
    Change.NEW: "new",
    Change.GONE: "gone",
    Change.NOT_COMPARABLE: "not comparable",
    Change.FLAKY: "flaky",
}


def unbelievable(comparison: Comparison) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return for each side whose run cannot be believed a heading and why; two environments of one run are told once."""
    sides = {side.run: side for side in (comparison.base, comparison.new)}
    return tuple((f"Run {one_line(run)}: {BANNER[:1].lower()}{BANNER[1:]}", side.banner) for run, side in sides.items() if side.banner)


def title(comparison: Comparison) -> str:
    """Return what is compared with what."""
    base, new = comparison.base, comparison.new
    if base.environment and new.environment:
        return f"From {base.environment} to {new.environment}"
    return f"Run {new.run} against {base.run}"
