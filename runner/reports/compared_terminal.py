"""A comparison on the terminal: the news first, each section by cause, the denominators of both sides last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from runner.compare import Comparison
from runner.model import Run
from runner.reports.clean import one_line
from runner.reports.compared import (
    Compared,
    Form,
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
from runner.reports.glyphs import SILENT
from runner.reports.printing import Part, hanging, plain_text, print_parts
from runner.reports.remedies import Remedies
from runner.reports.words import counted

_MOST: dict[Form, int | None] = {"short": 6, "full": None}
_REMEDY = 600


def print_comparison(base: Run, new: Run, comparison: Comparison, console: Console, *, form: Form = "short") -> None:
    """Print a comparison; the full form has every cause and every section."""
    sign = SILENT.ascii if console.options.ascii_only else SILENT.sign
    print_parts(_parts(compared(base, new, comparison), form, sign), console)


def to_text(base: Run, new: Run, comparison: Comparison, *, form: Form = "short", width: int = 100) -> str:
    """Return the same as plain text without control codes."""
    return plain_text(lambda console: print_comparison(base, new, comparison, console, form=form), width=width)


def _parts(found: Compared, form: Form, sign: str) -> Iterator[Part]:
    comparison = found.comparison
    yield Part(Text(title(comparison), style="bold"))
    for heading, lines in unbelievable(comparison):
        yield Part(hanging("!!! ", Text(heading, style="bold red")))
        yield from (Part(hanging("!!! ", Text(one_line(line, limit=400), style="red"))) for line in lines)
    yield Part(Text(headline(found)))
    for word, names in (("added", comparison.environments_new), ("gone", comparison.environments_gone)):
        if names:
            yield Part(Text(f"environments {word}: {', '.join(one_line(name) for name in names)}"))
    for name, what in comparison.environments_altered:
        yield Part(Text(f"environment {one_line(name)} is made of something else: {one_line(what)}"))
    sections = shown(found, form)
    remedies = remedies_of(sections, _MOST[form], limit=_REMEDY)
    for section in sections:
        yield from _section(section, form, remedies, sign)
    yield Part(Text())
    for word, side in (("base", comparison.base), ("new ", comparison.new)):
        where = one_line(side.run) + (f"@{one_line(side.environment)}" if side.environment else "")
        yield Part(Text(f"{word} {where}, {side_text(side)}", style="dim"))


def _section(section: Section, form: Form, remedies: Remedies, sign: str) -> Iterator[Part]:
    yield Part(Text())
    silent = f", {sign} {section.silent} of them silently" if section.silent else ""
    yield Part(Text.assemble((section.title, "bold"), (f"  {counted(len(section.cells), 'cell')}{silent}", "dim")))
    groups = leading(section, _MOST[form])
    for group in groups:
        said = group.error if group.class_ == "unknown" else group.cause
        formats = ", ".join(name for name, _ in group.formats)
        quiet = (f"{sign} {group.silent} of them silently: " if group.silent else "", SILENT.style)
        yield Part(hanging(f"{group.count:>5}  ", Text.assemble(quiet, one_line(said, limit=300), (f"  {one_line(formats)}", "dim"))))
        if not section.past and (remedy := remedies.say(group.remedy)):
            yield Part(Padding(Text(remedy), (0, 0, 0, 7)))
        yield Part(Text(f"       {one_line(group.examples[0], limit=400)}", style="dim"), whole=True)
    if rest := section.groups[len(groups) :]:
        yield Part(Text(f"       and {counted(len(rest), 'more cause')} with {counted(sum(g.count for g in rest), 'cell')}", style="dim"))
    if not section.groups:
        apart = reasons_apart(section.cells)
        for text, count in apart[: _MOST[form]]:
            yield Part(hanging(f"{count:>5}  ", Text(one_line(text, limit=300))))
        if left := sum(count for _, count in apart[_MOST[form] or len(apart) :]):
            yield Part(Text(f"       and {counted(left, 'cell')} for other reasons", style="dim"))
