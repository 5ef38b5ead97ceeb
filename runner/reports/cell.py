"""`show CELL`: everything known of one cell, the verdict first and the log last."""

from __future__ import annotations

import json
from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from runner.history import Stretch
from runner.model import REASONS, CheckResult, Outcome, Run
from runner.reports.clean import clean, one_line, tail
from runner.reports.evidence import Evidence, Rung, circumstances, confirmed_by, gather, other_notes
from runner.reports.glyphs import GLYPHS, SILENT
from runner.reports.next_steps import COMMAND, options, reproduce_command
from runner.reports.printing import Part, plain_text, print_parts
from runner.reports.words import counted
from runner.standing import is_silent

_WARNINGS = 20
_LOG_LINES = 40
_TRACEBACK = 16_000
_NOTE = 600
_RESULTS = {
    CheckResult.PASSED: ("✓", "+", "green"),
    CheckResult.FAILED: ("✗", "x", "red"),
    CheckResult.NOT_APPLICABLE: ("·", ".", "dim"),
    CheckResult.NOT_REACHED: ("?", "?", "dim"),
}


def print_cell(run: Run, cell: str, console: Console, *, command: tuple[str, ...] = COMMAND, history: tuple[Stretch, ...] = ()) -> None:
    """Print everything known of a cell; raises UsageError that names the nearest ids when the run does not know it.

    `history` are the changes of the cell in this run and others, the newest first.
    """
    print_parts(parts(gather(run, cell), run, ascii_only=console.options.ascii_only, command=command, history=history), console)


def to_text(run: Run, cell: str, *, width: int = 100, command: tuple[str, ...] = COMMAND) -> str:
    """Return the same as plain text without control codes."""
    return plain_text(lambda console: print_cell(run, cell, console, command=command), width=width)


def parts(
    evidence: Evidence, run: Run, *, ascii_only: bool = False, command: tuple[str, ...] = COMMAND, history: tuple[Stretch, ...] = ()
) -> Iterator[Part]:
    """Yield the pieces in their order."""
    outcome = evidence.outcome
    yield Part(Text(one_line(outcome.id, limit=1000), style="bold"), whole=True)
    yield from _verdict(outcome, ascii_only=ascii_only)
    yield from _diagnosis(evidence)
    yield from _ladder(evidence.ladder, ascii_only=ascii_only)
    yield from _error(outcome)
    yield from _warnings(outcome)
    yield from _environments(evidence)
    yield from _needed(evidence, ascii_only=ascii_only)
    yield from _history(history, run, ascii_only=ascii_only)
    yield from _notes(outcome)
    yield from _log(outcome)
    yield Part(Text())
    yield Part(Text("Run it again, alone, in a fresh process, with its output on the screen:"))
    again = reproduce_command(outcome.id, options(run.path, run.header.matrix), command=command)
    yield Part(Text(f"  {again}", style="cyan"), whole=True)
    yield Part(Text.assemble("The run lies in ", (one_line(str(run.path), limit=400), "bold")), whole=True)


def _title(text: str) -> Iterator[Part]:
    yield Part(Text())
    yield Part(Text(text, style="bold"))


def _indented(text: str, *, style: str = "") -> Part:
    return Part(Padding(Text(text, style=style), (0, 0, 0, 2)))


def _verdict(outcome: Outcome, *, ascii_only: bool) -> Iterator[Part]:
    glyph = SILENT if is_silent(outcome) else GLYPHS[outcome.status]
    reason = f": {outcome.reason}" if outcome.reason else ""
    yield Part(Text.assemble((f"{glyph.ascii if ascii_only else glyph.sign} {outcome.status}{reason}", glyph.style)))
    if outcome.reason:
        info = REASONS[outcome.reason]
        yield _indented(info.text + ("; seen once, this would be too little to believe it" if info.spurious else ""))
    why = outcome.notes.get("why")
    if isinstance(why, str) and why:
        yield _indented(one_line(why, limit=1000))
    yield _indented(", ".join(circumstances(outcome)), style="dim")
    by = confirmed_by(outcome)
    if by:
        yield Part(Text(f"  the same failure was confirmed in a fresh process by {one_line(by, limit=400)}", style="dim"), whole=True)


def _diagnosis(evidence: Evidence) -> Iterator[Part]:
    if evidence.diagnosis is None:
        return
    yield from _title("Diagnosis")
    yield _indented(f"{one_line(evidence.diagnosis.cause, limit=600)} ({one_line(evidence.diagnosis.class_, limit=60)})")
    if evidence.diagnosis.detail:
        yield _indented(f"here: {one_line(evidence.diagnosis.detail, limit=400)}")
    if evidence.diagnosis.remedy:
        yield _indented(one_line(evidence.diagnosis.remedy, limit=600))
    if evidence.diagnosis.link:
        yield Part(Text(f"  see {one_line(evidence.diagnosis.link, limit=400)}"), whole=True)


def _ladder(ladder: tuple[Rung, ...], *, ascii_only: bool) -> Iterator[Part]:
    if not ladder:
        return
    yield from _title("Checks")
    table = Table.grid(padding=(0, 2, 0, 0))
    for rung in ladder:
        sign, plain, style = _RESULTS[rung.result]
        difference = f"largest difference {rung.difference}" if rung.difference else ""
        detail = one_line(json.dumps(rung.detail, default=str, sort_keys=True), limit=300) if rung.detail else ""
        said = Text(difference + ("\n" if difference and detail else "")).append(detail, style="dim")
        table.add_row(Text(f"  {plain if ascii_only else sign}", style=style), Text(rung.check), Text(rung.result, style="dim"), said)
    yield Part(table)


def _error(outcome: Outcome) -> Iterator[Part]:
    if outcome.error is None:
        return
    yield from _title("Error" + (f", in phase {one_line(outcome.error.phase, limit=40)}" if outcome.error.phase else ""))
    yield _indented(clean(f"{outcome.error.type}: {outcome.error.message}", limit=4000), style="red")
    if outcome.error.traceback.strip():
        yield from _title("Traceback")
        for line in clean(outcome.error.traceback[-_TRACEBACK:]).strip("\n").splitlines():
            yield Part(Text(f"  {line}"), whole=True)


def _warnings(outcome: Outcome) -> Iterator[Part]:
    if not outcome.warnings:
        return
    yield from _title("Warnings")
    ranked = sorted(outcome.warnings, key=lambda warning: not warning.partial)
    for warning in ranked[:_WARNINGS]:
        mark = "of a partial restore: " if warning.partial else ""
        yield _indented(f"{mark}{one_line(warning.category, limit=60)}: {one_line(warning.message, limit=600)}")
    if len(ranked) > _WARNINGS:
        yield _indented(f"and {len(ranked) - _WARNINGS} more in the record", style="dim")


def _environments(evidence: Evidence) -> Iterator[Part]:
    yield from _title("Environments" if len(evidence.sides) > 1 else "Environment")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row("", *(Text(side.role, style="dim") for side in evidence.sides))
    table.add_row("", *(Text(one_line(side.id)) for side in evidence.sides))
    for title, rows in (("asked for", [side.asked for side in evidence.sides]), ("installed", [side.installed for side in evidence.sides])):
        names = dict.fromkeys(name for row in rows for name, _ in row)
        for name in names:
            values = [one_line(dict(row).get(name, "-"), limit=60) for row in rows]
            differ = "bold" if len(set(values)) > 1 else ""
            table.add_row(Text(f"  {title} {one_line(name, limit=30)}", style="dim"), *(Text(value, style=differ) for value in values))
    yield Part(table)
    if not any(side.installed for side in evidence.sides):
        yield _indented("what was installed is not recorded: the environment was not built in this run, or could not be", style="dim")


def _needed(evidence: Evidence, *, ascii_only: bool) -> Iterator[Part]:
    blocked_by = evidence.outcome.blocked_by
    if not evidence.needed and not blocked_by:
        return
    yield from _title("It needed")
    if blocked_by and all(other.id != blocked_by for other in evidence.needed):
        yield _indented(f"{one_line(blocked_by, limit=400)} (not recorded)")
    for other in evidence.needed:
        glyph = GLYPHS[other.status]
        sign = glyph.ascii if ascii_only else glyph.sign
        verdict = f"{other.status}{f': {other.reason}' if other.reason else ''}"
        yield Part(Text.assemble(f"  {one_line(other.id, limit=400)}  ", (f"{sign} {verdict}", glyph.style)), whole=True)


def _history(history: tuple[Stretch, ...], run: Run, *, ascii_only: bool) -> Iterator[Part]:
    """Yield the verdicts of the newest runs, each where it began and ended; nothing where there is one run only."""
    if sum(stretch.runs for stretch in history) < 2:
        return
    yield from _title(f"In the newest {counted(sum(stretch.runs for stretch in history), 'run')} that have it, newest first")
    table = Table.grid(padding=(0, 2, 0, 0))
    for stretch in history:
        glyph = GLYPHS[stretch.status]
        verdict = f"{stretch.status}{f': {stretch.reason}' if stretch.reason else ''}"
        day, until = stretch.first_started[:10], stretch.last_started[:10]
        span = one_line(stretch.first) if stretch.runs == 1 else f"{one_line(stretch.first)} to {one_line(stretch.last)}"
        here = "this run" if stretch.first == stretch.last == run.header.run else ""
        table.add_row(
            Text(f"  {glyph.ascii if ascii_only else glyph.sign} {verdict}", style=glyph.style),
            Text(one_line(day if day == until else f"{day} to {until}")),
            Text(counted(stretch.runs, "run")),
            Text(here or span, style="dim"),
        )
    yield Part(table)


def _notes(outcome: Outcome) -> Iterator[Part]:
    """Yield whatever else was recorded, each as one line of JSON."""
    # Its verdict has said why, and the ladder what the checks and their differences noted.
    said = {"why", *(("checks", "differences") if outcome.checks else ())}
    notes = tuple((key, text) for key, text in other_notes(outcome, limit=_NOTE) if key not in said)
    if not notes:
        return
    yield from _title("Notes")
    for key, text in notes:
        yield _indented(f"{key}: {text}")


def _log(outcome: Outcome) -> Iterator[Part]:
    lines = tail(outcome.log, lines=_LOG_LINES)
    if not lines:
        return
    yield from _title("End of the log")
    for line in lines.splitlines():
        yield Part(Text(f"  {line}"), whole=True)
