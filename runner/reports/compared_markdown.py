"""A comparison as a section of release notes, in GitHub Markdown: a short form to paste, and a full form that names every cell.

Whatever a model or a library wrote is escaped or stands in code spans, as in `markdown.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.compare import CellChange, Comparison, Side
from runner.model import Run
from runner.reports.causes import Group, error_line
from runner.reports.clean import code_block, code_span, one_line, prose
from runner.reports.compared import (
    Form,
    FormatRow,
    Section,
    compared,
    headline,
    leading,
    reasons_apart,
    remedies_of,
    shown,
    side_text,
    title,
    unbelievable,
)
from runner.reports.glyphs import SILENT, fraction, glyph_of
from runner.reports.markdown import link, table_row
from runner.reports.remedies import Remedies
from runner.reports.tables import GridCell
from runner.reports.terminal import details
from runner.reports.words import counted

_MOST: dict[Form, int | None] = {"short": 4, "full": None}
_REMEDY = {"short": 240, "full": 600}
_CELLS = 2000
_LINE = 600


def render(base: Run, new: Run, comparison: Comparison, *, form: Form = "short") -> str:
    """Return a comparison as Markdown that ends with a newline; the same two runs give the same text."""
    found = compared(base, new, comparison)
    lines = [f"## {prose(title(comparison))}", "", *_banners(comparison), headline(found), ""]
    lines += _environments(comparison)
    lines += _formats(found.formats, comparison)
    sections = shown(found, form)
    remedies = remedies_of(sections, _MOST[form], limit=_REMEDY[form])
    for section in sections:
        lines += _section(section, form, remedies)
    lines += _sides(comparison)
    return "\n".join(lines).rstrip("\n") + "\n"


def _banners(comparison: Comparison) -> Iterator[str]:
    for heading, lines in unbelievable(comparison):
        yield "> [!CAUTION]"
        yield f"> **{prose(heading)}.**"
        yield ">"
        yield from (f"> - {prose(line)}" for line in lines)
        yield ""


def _sides(comparison: Comparison) -> Iterator[str]:
    yield f"Measured, {_side('base', comparison.base)}"
    yield ""
    yield f"Measured, {_side('new', comparison.new)}"


def _side(word: str, side: Side) -> str:
    where = f"{code_span(side.environment)} in run " if side.environment else "run "
    return f"{word}: {where}{code_span(side.run)} of {prose(side.started[:10])}, {side_text(side)}."


def _environments(comparison: Comparison) -> Iterator[str]:
    for word, names in (("Environments added", comparison.environments_new), ("Environments gone", comparison.environments_gone)):
        if names:
            yield f"{word}: {', '.join(code_span(name) for name in names)}."
            yield ""
    if comparison.environments_altered:
        yield "Environments made of other packages:"
        yield ""
        for name, what in comparison.environments_altered:
            yield f"- {code_span(name)}: {prose(what)}"
        yield ""


def _formats(rows: tuple[FormatRow, ...], comparison: Comparison) -> Iterator[str]:
    """Yield how many loads pass on both sides, by format: of files that exist, and of files the environment saved itself."""
    if not rows:
        return
    old, new = code_span(comparison.base.environment or "", in_table=True), code_span(comparison.new.environment or "", in_table=True)
    yield table_row(["format", f"existing files in {old}", f"in {new}", f"files of its own: {old}", new])
    yield table_row(["---", *[":---"] * 4])
    for line in rows:
        yield table_row([prose(line.format), *(_cell(cell) for cell in (*line.existing, *line.own))])
    yield ""
    yield "Loads that passed, of those that make sense."
    yield ""


def _cell(cell: GridCell) -> str:
    return " ".join(part for part in (glyph_of(cell).sign.replace("~", "\\~"), fraction(cell)) if part) if cell.counts else ""


def _section(section: Section, form: Form, remedies: Remedies) -> Iterator[str]:
    silent = f", {section.silent} of them silently {SILENT.sign}" if section.silent else ""
    yield f"### {prose(section.title)}"
    yield ""
    yield f"{counted(len(section.cells), 'cell')}{silent}."
    yield ""
    groups = leading(section, _MOST[form])
    for group in groups:
        yield f"- {_group(group, form, '' if section.past else remedies.say(group.remedy))}"
    if rest := section.groups[len(groups) :]:
        yield f"- {counted(len(rest), 'more cause')} with {counted(sum(group.count for group in rest), 'cell')}"
    if not section.groups:
        apart = reasons_apart(section.cells)
        yield from (f"- {counted(count, 'cell')}: {prose(text)}" for text, count in apart[: _MOST[form]])
        if left := sum(count for _, count in apart[_MOST[form] or len(apart) :]):
            yield f"- {counted(left, 'cell')} for other reasons"
    yield ""
    if form == "full":
        lines = [_line(change) for change in section.cells[:_CELLS]]
        if len(section.cells) > _CELLS:
            lines.append(f"and {counted(len(section.cells) - _CELLS, 'more cell')}")
        yield code_block("\n".join(lines), limit=_CELLS * _LINE)
        yield ""


def _group(group: Group, form: Form, remedy: str) -> str:
    """Return a cause as a sentence or two."""
    words = [", ".join(prose(name) for name, _ in named) for named in (group.formats, group.reasons if form == "full" else ())]
    silent = f", {SILENT.sign} {group.silent} of them silently" if group.silent else ""
    text = f"**{counted(group.count, 'cell')}{silent}** ({'; '.join(word for word in words if word)}): {prose(group.cause)}"
    if group.class_ == "unknown":
        text += f": {code_span(group.error)}"
    if group.details and form == "full":
        text += f"; here: {prose(details(group))}"
    if group.link:
        text += f" ({link(group.link)})"
    if remedy:
        text += f". {prose(remedy[:1].upper() + remedy[1:], limit=len(remedy))}"
    return text + "."


def _line(change: CellChange) -> str:
    """Return a cell on one line of a code block: its id, what it was, what it is, and its message."""
    was, now = _status(change, base=True), _status(change, base=False)
    outcome = change.new
    said = error_line(outcome, limit=120) if outcome is not None and outcome.error is not None else change.why
    against = f" (against {change.base.id})" if change.base and change.base.id != change.cell else ""
    return one_line(f"{change.cell}{against}: {was} -> {now}" + (f": {said}" if said else ""), limit=_LINE)


def _status(change: CellChange, *, base: bool) -> str:
    standing, outcome = (change.was, change.base) if base else (change.now, change.new)
    if standing is None or outcome is None:
        return "absent"
    word = f"{outcome.status}" if not standing.blocked else f"blocked by {standing.status or 'no statement'}"
    return word + (f" ({standing.reason})" if standing.reason else "") + (" silently" if standing.silent else "")
