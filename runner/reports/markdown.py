"""A run as GitHub Markdown: the same tables as on the terminal, valid wherever GitHub tables are.

Whatever a model or a library wrote stands in code spans and code blocks or is escaped, so that no message can break a table,
become HTML, fetch a picture or mention a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnose import UNKNOWN
from runner.judge import Judgement, judge
from runner.model import Run, Status
from runner.reports.causes import Group
from runner.reports.clean import code_span, one_line, prose, thread
from runner.reports.damage import MEANINGS, Words, spoken
from runner.reports.glyphs import GLYPHS, SILENT, fraction, glyph_of
from runner.reports.judged import BANNER, known, known_text, sections
from runner.reports.next_steps import COMMAND, next_steps
from runner.reports.tables import Grid, GridCell, Tables, pivot
from runner.reports.terminal import denominators, details, explained, results, size
from runner.reports.words import counted, duration

_SUMMARY = 200
_SHORT = 10


def render(
    run: Run, *, command: tuple[str, ...] = COMMAND, short: bool = False, judgement: Judgement | None = None, newest: bool = True
) -> str:
    """Return the report of a run as Markdown, ending in a newline; the short form has no grids, and the ten largest causes of a kind.

    `newest` says whether the run is the one that commands take where none is named.
    """
    tables = pivot(run)
    most = _SHORT if short else _SUMMARY
    found = judgement or judge(run)
    lines = [*_banner(found), *_heading(tables), *_judged(found, most)]
    lines += _causes(f"{SILENT.sign} Nothing raised, and the result is wrong", tables.silent, messages=False, most=most)
    if not short:
        for grid in tables.grids:
            lines += _grid(grid)
        lines += _legend(tables)
        lines += _damage(tables)
    causes = (
        (f"{GLYPHS[Status.FAILED].sign} Failed", tables.failures),
        (f"{GLYPHS[Status.DEGRADED].sign} Degraded: the outputs are right, something else was lost", tables.degradations),
        (f"{GLYPHS[Status.ERRORED].sign} Errored: no statement about TensorFlow", tables.faults),
    )
    for title, groups in causes:
        lines += _causes(title, groups, messages=groups is tables.faults, most=most)
    lines += _unknown(tables, most)
    lines += _blockers(tables, most)
    lines += _next_steps(tables, command, newest)
    return "\n".join(lines).rstrip("\n") + "\n"


def _banner(judgement: Judgement) -> Iterator[str]:
    if judgement.banner:
        yield "> [!CAUTION]"
        yield f"> **{BANNER}.**"
        yield ">"
        yield from (f"> - {prose(line)}" for line in judgement.banner)
        yield ""


def _judged(judgement: Judgement, most: int) -> Iterator[str]:
    """Yield what is news against the baseline and the known failures."""
    for title, cells in sections(judgement):
        yield f"## {title}"
        yield ""
        for id_, why in cells[:most]:
            yield f"- {code_span(id_, limit=400)}: {prose(why)}" if why else f"- {prose(id_)}"
        if len(cells) > most:
            yield f"- and {len(cells) - most} more"
        yield ""
    if judgement.expects:
        yield f"**{prose(judgement.text)}.** {known_text(judgement)}."
        yield ""
        for why, count in known(judgement)[:most]:
            yield f"- {counted(count, 'cell')}: {prose(why)}"
        yield ""


def _heading(tables: Tables) -> Iterator[str]:
    yield f"# Compatibility matrix, run {code_span(tables.run)}"
    yield ""
    if not tables.complete:
        yield f"**This run {'was' if tables.finished else 'is still running, or was'} interrupted: what follows is what there is so far.**"
        yield ""
    took = f", {duration(tables.seconds)}" if tables.seconds is not None else ""
    yield f"Started {prose(tables.started)}, engine {prose(tables.engine)}, profile {prose(tables.profile)}{took}."
    yield ""
    if not tables.totals.planned:
        yield "Nothing was planned, so there is nothing to show."
        yield ""
        return
    yield f"- {denominators(tables.totals)}"
    if tables.totals.ran:
        yield f"- of those that ran: {results(tables.totals)}"
    if explained(tables.totals):
        yield f"- {explained(tables.totals)}"
    yield ""


def _grid(grid: Grid) -> Iterator[str]:
    yield f"## {prose(grid.format)}"
    yield ""
    yield f"{size(grid)}; producers down{', consumers across' if grid.consumers else ''}."
    yield ""
    saved = ["saved"] if grid.saves else []
    head = ["producer", *saved, *(code_span(name, in_table=True) for name in grid.consumers)]
    yield table_row(head)
    yield table_row(["---", *[":---"] * (len(head) - 1)])
    for producer in grid.producers:
        saves = [_cell(grid.saves.get(producer))] if grid.saves else []
        yield table_row(
            [code_span(producer, in_table=True), *saves, *(_cell(grid.cells.get((producer, consumer))) for consumer in grid.consumers)]
        )
    yield ""


def table_row(cells: list[str]) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"


def _cell(cell: GridCell | None) -> str:
    if cell is None:
        return ""
    return " ".join(part for part in (glyph_of(cell).sign.replace("~", "\\~"), fraction(cell)) if part)


def _legend(tables: Tables) -> Iterator[str]:
    if tables.grids:
        meanings = ", ".join(f"{glyph.sign.replace('~', chr(92) + '~')} {glyph.text}" for glyph in (*GLYPHS.values(), SILENT))
        yield f"The sign is that of the worst of a cell, behind it how many passed of those that make sense: {meanings}."
        yield ""


def _damage(tables: Tables) -> Iterator[str]:
    damage = tables.damage
    if not damage.rows and not damage.absent:
        return
    yield "## What faults do"
    yield ""
    if damage.rows:
        yield table_row(["fault", "format", "save", "left", "load"])
        yield table_row(["---"] * 5)
        for row in damage.rows:
            yield table_row([prose(row.fault), prose(row.format), *(_told(words) for words in (row.saves, row.left, row.loads))])
        yield ""
        yield "Counts are over versions and loaders: " + ", ".join(f"{word}: {MEANINGS[word]}" for word in damage.words) + "."
        yield ""
    if damage.absent:
        yield f"Nowhere to be had here: {', '.join(prose(fault) for fault in damage.absent)}."
        yield ""


def _told(words: Words) -> str:
    return prose(", ".join(spoken(words))).replace("SILENT", f"**{SILENT.sign} SILENT**")


def _causes(title: str, groups: tuple[Group, ...], *, messages: bool, most: int) -> Iterator[str]:
    if not groups:
        return
    yield f"## {title.replace('~', chr(92) + '~')}"
    yield ""
    known = tuple(group for group in groups if group.class_ != UNKNOWN.class_)
    left = sum(group.count for group in groups) - sum(group.count for group in known)
    without = f", and {counted(left, 'cell')} without a cause yet" if left else ""
    yield f"{counted(sum(group.count for group in groups), 'cell')}: {counted(len(known), 'cause')}{without}."
    yield ""
    if not known:
        return
    yield "| cells | cause | class | remedy | example |"
    yield "| ---: | --- | --- | --- | --- |"
    for group in known[:most]:
        cause = prose(group.cause)
        if group.details:
            cause += f"; here: {prose(details(group))}"
        if group.link:
            cause += f" ({link(group.link)})"
        if messages and group.error:
            cause += f": {code_span(group.error, limit=240, in_table=True)}"
        example = code_span(group.examples[0], limit=400, in_table=True) if group.examples else ""
        yield table_row([str(group.count), cause, prose(group.class_), prose(group.remedy, limit=600), example])
    if len(known) > most:
        yield ""
        yield f"{counted(len(known) - most, 'more cause')} left out."
    yield ""


def link(address: str) -> str:
    """Return a link to a thread upstream; what a record may hold instead of one is shown as it is."""
    return f"[upstream]({address})" if thread(address) else code_span(address, in_table=True)


def _unknown(tables: Tables, most: int) -> Iterator[str]:
    """Yield what no rule fits, told apart by message: each is a rule to write."""
    groups = tables.unknown
    if not groups:
        return
    yield "## Without a cause yet"
    yield ""
    yield f"{counted(sum(group.count for group in groups), 'cell')}, {counted(len(groups), 'kind')}."
    yield ""
    yield "| cells | reason | message | example |"
    yield "| ---: | --- | --- | --- |"
    for group in groups[:most]:
        message, example = code_span(group.error, in_table=True), code_span(group.examples[0], limit=400, in_table=True)
        yield table_row([str(group.count), prose(", ".join(reason for reason, _ in group.reasons)), message, example])
    if len(groups) > most:
        yield ""
        yield f"{counted(len(groups) - most, 'more kind')} left out."
    yield ""


def _blockers(tables: Tables, most: int) -> Iterator[str]:
    if not tables.blockers:
        return
    yield f"## {GLYPHS[Status.BLOCKED].sign} Blocked: a cell they need did not pass"
    yield ""
    yield "| cells | by | which is |"
    yield "| ---: | --- | --- |"
    for blocker in tables.blockers[:most]:
        yield table_row([str(blocker.count), code_span(blocker.id, limit=400, in_table=True), str(blocker.status or "not recorded")])
    yield ""


def _next_steps(tables: Tables, command: tuple[str, ...], newest: bool) -> Iterator[str]:
    yield "## Next"
    yield ""
    yield f"The run lies in {code_span(one_line(str(tables.path), limit=400))}."
    for step in next_steps(tables, command=command, newest=newest):
        yield ""
        yield f"{step.why}:"
        yield ""
        yield from (f"    {line}" for line in step.commands)
