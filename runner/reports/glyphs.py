"""One sign and one colour for each status. The sign alone is enough: colour only repeats what it says."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Status
from runner.reports.tables import GridCell


@dataclass(frozen=True, kw_only=True)
class Glyph:
    """How a status looks: a sign, its stand-in for terminals without Unicode, a Rich style, and what it means."""

    sign: str
    ascii: str
    style: str
    text: str


GLYPHS: dict[Status, Glyph] = {
    Status.PASSED: Glyph(sign="✓", ascii="+", style="green", text="all passed"),
    Status.DEGRADED: Glyph(sign="~", ascii="~", style="yellow", text="outputs right, something else lost"),
    Status.FAILED: Glyph(sign="✗", ascii="x", style="red", text="failed"),
    Status.UNSUPPORTED: Glyph(sign="·", ascii=".", style="dim", text="unsupported"),
    Status.BLOCKED: Glyph(sign="○", ascii="o", style="magenta", text="the save failed"),
    Status.ERRORED: Glyph(sign="!", ascii="!", style="bold yellow", text="errored: no statement"),
    Status.NOT_RUN: Glyph(sign="?", ascii="?", style="dim", text="not run"),
}
SILENT = Glyph(sign="≠", ascii="#", style="bold red", text="nothing raised, values wrong")
NONE_RAN = "\N{EN DASH}"


def glyph_of(cell: GridCell) -> Glyph:
    """Return the sign of the worst in a grid cell; a silent failure is worse than any."""
    return SILENT if cell.silent else GLYPHS[cell.worst]


def fraction(cell: GridCell) -> str:
    """Return `passed/total`; nothing where nothing makes sense, a dash for the numerator where nothing ran."""
    if not cell.total:
        return ""
    return f"{cell.passed if cell.ran else NONE_RAN}/{cell.total}"
