"""A run on the terminal: what it came to, a grid a format, the failures by cause, where it lies, what to do next.

Quiet where all is well, and readable without colour: every status has its own sign. Cell ids and commands are never
wrapped by us, so that they can be copied whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from runner.diagnose import UNKNOWN
from runner.judge import Judgement, judge
from runner.model import Run, Status
from runner.reports.causes import Group
from runner.reports.clean import one_line
from runner.reports.damage_table import damage_table
from runner.reports.glyphs import GLYPHS, SILENT, Glyph, fraction
from runner.reports.grid import choose_layout, render_grid, signs_of
from runner.reports.judged import BANNER, known, known_text, sections
from runner.reports.next_steps import COMMAND, next_steps
from runner.reports.printing import Part, hanging, plain_text, print_parts
from runner.reports.tables import Grid, Tables, Totals, pivot
from runner.reports.words import counted, duration

_CAUSES = 10
_BLOCKERS = 5
_NEWS = 20


def print_report(
    run: Run,
    console: Console,
    *,
    command: tuple[str, ...] = COMMAND,
    judgement: Judgement | None = None,
    page: Path | None = None,
    newest: bool = True,
) -> None:
    """Print a run. `command` is how the reader starts the runner; `judgement` what the run amounts to against what was expected of it;
    `page` is its page, where it has one; `newest` whether it is the run that commands take where none is named.
    """
    found = judgement or judge(run)
    print_parts(_banner(found), console)
    ascii_only = console.options.ascii_only
    print_parts(parts(pivot(run), width=console.width, ascii_only=ascii_only, command=command, page=page, newest=newest), console)
    print_parts(_judged(found), console)


def to_text(
    run: Run,
    *,
    width: int = 100,
    command: tuple[str, ...] = COMMAND,
    judgement: Judgement | None = None,
    page: Path | None = None,
    newest: bool = True,
) -> str:
    """Return the terminal report as plain text without control codes."""
    return plain_text(
        lambda console: print_report(run, console, command=command, judgement=judgement, page=page, newest=newest), width=width
    )


def _banner(judgement: Judgement) -> Iterator[Part]:
    if judgement.banner:
        yield Part(Text(f"!!! {BANNER}", style="bold red"))
        yield from (Part(hanging("!!! ", Text(one_line(line, limit=400), style="red"))) for line in judgement.banner)
        yield Part(Text())


def _judged(judgement: Judgement) -> Iterator[Part]:
    """Yield what is news, last on the screen: that is where one looks first."""
    for title, cells in sections(judgement):
        yield Part(Text())
        yield Part(Text(title, style="bold"))
        for id_, why in cells[:_NEWS]:
            yield Part(Text.assemble(f"  {one_line(id_, limit=400)}", (f"  {one_line(why)}" if why else "", "dim")), whole=True)
        if len(cells) > _NEWS:
            yield Part(Text(f"  and {len(cells) - _NEWS} more", style="dim"))
    if judgement.expects:
        yield Part(Text())
        yield Part(Text(known_text(judgement)))
        for why, count in known(judgement)[:_NEWS]:
            yield Part(hanging(f"{count:>5}  ", Text(one_line(why, limit=300))))
        yield Part(Text(judgement.text, style="bold"))


def parts(
    tables: Tables,
    *,
    width: int,
    ascii_only: bool = False,
    command: tuple[str, ...] = COMMAND,
    page: Path | None = None,
    newest: bool = True,
) -> Iterator[Part]:
    """Yield the pieces of the report in their order."""
    look = _Look(ascii_only)
    yield from map(Part, _heading(tables))
    yield from _causes("Nothing raised, and the result is wrong", tables.silent, look.sign(SILENT))
    yield from map(Part, _grids(tables, look, width=width))
    yield from map(Part, damage_table(tables.damage, look.sign(SILENT)))
    yield from _causes("Failed", tables.failures, look.sign(GLYPHS[Status.FAILED]))
    yield from _causes("Degraded: the outputs are right, something else was lost", tables.degradations, look.sign(GLYPHS[Status.DEGRADED]))
    yield from _causes("Errored: no statement about TensorFlow", tables.faults, look.sign(GLYPHS[Status.ERRORED]), messages=True)
    yield from _unknown(tables)
    yield from map(Part, _blockers(tables, look))
    yield Part(Text())
    yield Part(Text.assemble("The run lies in ", (one_line(str(tables.path), limit=400), "bold")), whole=True)
    for step in next_steps(tables, command=command, page=page, newest=newest):
        yield Part(Text())
        yield Part(Text(f"{step.why}:"))
        for line in step.commands:
            yield Part(Text(f"  {line}", style="cyan"), whole=True)


@dataclass(frozen=True)
class _Look:
    """Whether the terminal knows more than ASCII."""

    ascii_only: bool

    def sign(self, glyph: Glyph) -> Text:
        return Text(glyph.ascii if self.ascii_only else glyph.sign, style=glyph.style)


_BLOCKED_BY = {
    Status.UNSUPPORTED: "unsupported cells",
    Status.FAILED: "failed ones",
    Status.ERRORED: "errored ones",
    Status.NOT_RUN: "unrun ones",
}


def denominators(totals: Totals) -> str:
    """Return how many cells were planned, how many ran, and why the others did not."""
    ran = f"{totals.ran} ran"
    if totals.reused:
        ran += f" ({totals.reused} results taken from earlier runs)"
    blocked = "blocked"
    if totals.blocked:
        blocked += f" ({', '.join(f'{count} by {_BLOCKED_BY.get(status, status)}' for status, count in totals.blocked_by)})"
    rest = (("unsupported", totals.unsupported), (blocked, totals.blocked), ("errored", totals.errored), ("not run", totals.not_run))
    return f"{counted(totals.planned, 'cell')} planned: {ran}, " + ", ".join(f"{count} {word}" for word, count in rest)


def results(totals: Totals) -> str:
    """Return how the cells that ran ended."""
    silently = f" ({totals.silent} of them silently)" if totals.silent else ""
    return f"{totals.passed} passed, {totals.degraded} degraded, {totals.failed} failed{silently}"


def explained(totals: Totals) -> str:
    """Return how many of the failed and degraded cells carry a cause; nothing where none failed."""
    wrong = totals.degraded + totals.failed
    # Rounded down: all is all.
    return f"{totals.explained} of {wrong} failed or degraded cells carry a cause ({100 * totals.explained // wrong} %)" if wrong else ""


def size(grid: Grid) -> str:
    """Return how many fixtures and, where anything was to be loaded, loaders a grid folds."""
    fixtures = counted(len(grid.fixtures), "fixture")
    return f"{fixtures}, {counted(len(grid.loaders), 'loader')}" if grid.consumers else fixtures


def _heading(tables: Tables) -> Iterator[Text]:
    unfinished = "interrupted" if tables.finished else "still running, or interrupted"
    state = ("complete", "green") if tables.complete else (unfinished, "bold yellow")
    words = [(one_line(tables.run), "bold"), state, (f"engine {one_line(tables.engine)}", ""), (f"profile {one_line(tables.profile)}", "")]
    if tables.seconds is not None:
        words.append((duration(tables.seconds), ""))
    yield Text(" · ").join(Text(text, style=style) for text, style in words)
    if not tables.totals.planned:
        yield Text("Nothing was planned, so there is nothing to show.")
        return
    yield Text(denominators(tables.totals))
    if tables.totals.ran:
        yield Text(f"of those that ran: {results(tables.totals)}")
    if explained(tables.totals):
        yield Text(explained(tables.totals))
    stages = [f"{stage}s {fraction(cell)}" for stage, cell in tables.by_stage if cell.total]
    if stages:
        yield Text("passed of those that make sense: " + ", ".join(stages), style="dim")


def _grids(tables: Tables, look: _Look, *, width: int) -> Iterator[RenderableType]:
    """Yield one grid a format, and after them what their signs mean."""
    if not tables.grids:
        return
    numbers = {name: number for number, name in enumerate(tables.environments, start=1)}
    yield Text()
    kinds = {choose_layout(grid, width=width).kind for grid in tables.grids}
    across = ", consumers across" if any(grid.consumers for grid in tables.grids) else ""
    yield Text(f"Producers down{across}. {' '.join(text for kind, text in _READING.items() if kind in kinds)}", style="dim")
    for grid in tables.grids:
        yield Text()
        yield Text.assemble((one_line(grid.format), "bold"), (f"  {size(grid)}", "dim"))
        yield from render_grid(grid, numbers=numbers, width=width, ascii_only=look.ascii_only)
    occurring = {glyph for grid in tables.grids for glyph in signs_of(grid)}
    legend = [Text.assemble(look.sign(g), (f"\N{NO-BREAK SPACE}{g.text.replace(' ', chr(160))}", "dim")) for g in _ORDER if g in occurring]
    yield Text()
    yield Text("   ").join(legend)
    rows = {name for grid in tables.grids for name in grid.producers}
    others = [f"{number} {one_line(name)}" for name, number in numbers.items() if name not in rows]
    if others:
        yield Text("in no row: " + ", ".join(others), style="dim")


_READING = {
    "fraction": "The sign is that of the worst; behind it, how many passed of those that make sense.",
    "percent": "Columns go by the numbers of the rows, S is the save. The sign is that of the worst; behind it, percent passed.",
    "sign": "Columns go by the numbers of the rows, S is the save. The sign is that of the worst.",
}
_ORDER = (*GLYPHS.values(), SILENT)


def _causes(title: str, groups: tuple[Group, ...], sign: Text, *, messages: bool = False) -> Iterator[Part]:
    """Yield causes, the largest first, with `messages` each with one as it was; what has no cause yet has a place of its own."""
    groups, all_groups = tuple(group for group in groups if group.class_ != UNKNOWN.class_), groups
    if not all_groups:
        return
    yield Part(Text())
    yield Part(Text.assemble(sign, (f" {title}", "bold"), (f"  {counted(sum(group.count for group in all_groups), 'cell')}", "dim")))
    for group in groups[:_CAUSES]:
        cause = Text.assemble(one_line(group.cause, limit=300), (f"  {one_line(group.class_, limit=40)}", "dim"))
        yield Part(hanging(f"{group.count:>5}  ", cause))
        if messages and group.error:
            yield Part(Padding(Text(one_line(group.error, limit=240), style="italic"), (0, 0, 0, 7)))
        if group.details:
            yield Part(Padding(Text(f"here: {details(group)}", style="italic"), (0, 0, 0, 7)))
        if group.remedy:
            yield Part(Padding(Text(one_line(group.remedy, limit=600)), (0, 0, 0, 7)))
        if group.link:
            yield Part(Text(f"       see {one_line(group.link, limit=400)}", style="dim"), whole=True)
        if group.examples:
            yield Part(Text(f"       {one_line(group.examples[0], limit=400)}", style="dim"), whole=True)
    if len(groups) > _CAUSES:
        rest = groups[_CAUSES:]
        yield Part(Text(f"       and {counted(len(rest), 'more cause')} with {counted(sum(g.count for g in rest), 'cell')}", style="dim"))
    if len(groups) < len(all_groups):
        left = sum(group.count for group in all_groups) - sum(group.count for group in groups)
        yield Part(Text(f"       and {counted(left, 'cell')} without a cause yet", style="dim"))


def details(group: Group) -> str:
    """Return what the cause is about in the cells of a group, with the number of cells."""
    return ", ".join(f"{one_line(text, limit=80)} ({count})" for text, count in group.details)


def _unknown(tables: Tables) -> Iterator[Part]:
    """Yield what no rule fits, told apart by message: each is a rule to write."""
    groups = tables.unknown
    if not groups:
        return
    yield Part(Text())
    cells = counted(sum(group.count for group in groups), "cell")
    yield Part(Text.assemble(("? Without a cause yet", "bold"), (f"  {cells}, {counted(len(groups), 'kind')}", "dim")))
    for group in groups[:_CAUSES]:
        reasons = ", ".join(reason for reason, _ in group.reasons)
        yield Part(hanging(f"{group.count:>5}  ", Text.assemble(reasons, "  ", (one_line(group.error, limit=300), "italic"))))
        yield Part(Text(f"       {one_line(group.examples[0], limit=400)}", style="dim"), whole=True)
    if len(groups) > _CAUSES:
        rest = groups[_CAUSES:]
        yield Part(Text(f"       and {counted(len(rest), 'more kind')} with {counted(sum(g.count for g in rest), 'cell')}", style="dim"))


def _blockers(tables: Tables, look: _Look) -> Iterator[RenderableType]:
    if not tables.blockers:
        return
    total = sum(blocker.count for blocker in tables.blockers)
    yield Text()
    title = (" Blocked: a cell they need did not pass", "bold")
    yield Text.assemble(look.sign(GLYPHS[Status.BLOCKED]), title, (f"  {counted(total, 'cell')}", "dim"))
    for blocker in tables.blockers[:_BLOCKERS]:
        yield hanging(f"{blocker.count:>5}  ", Text(f"by {one_line(blocker.id)} ({blocker.status or 'not recorded'})"))
    if len(tables.blockers) > _BLOCKERS:
        yield Text(f"       and by {counted(len(tables.blockers) - _BLOCKERS, 'more cell')}", style="dim")
