"""The colours of pages and pictures, made for people who see colours differently too.

Hues lie on the axis from blue to orange, which is the one that the common kinds of colour blindness leave, and statuses differ in
lightness besides. Tests hold both, and that text can be read on its background. Colour only repeats what the sign says.
"""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Status
from runner.reports.tables import GridCell


@dataclass(frozen=True)
class Colour:
    """A background and the text on it, as `#rrggbb`."""

    back: str
    text: str


SILENT = "silent"
"""The name, beside those of the statuses, of a failure of which nobody is told."""

LIGHT: dict[str, Colour] = {
    Status.PASSED: Colour("#d3e6f5", "#0b3f66"),
    Status.DEGRADED: Colour("#fbe9a6", "#5c4600"),
    Status.FAILED: Colour("#f0a273", "#4a1c00"),
    Status.UNSUPPORTED: Colour("#f4f4f2", "#66665f"),
    Status.BLOCKED: Colour("#dcdce4", "#45455a"),
    Status.ERRORED: Colour("#b9b9c4", "#1f1f2b"),
    Status.NOT_RUN: Colour("#ffffff", "#5f5f6b"),
    SILENT: Colour("#6d1350", "#ffffff"),
}
DARK: dict[str, Colour] = {
    Status.PASSED: Colour("#173a56", "#bfe0f8"),
    Status.DEGRADED: Colour("#574813", "#fbe58f"),
    Status.FAILED: Colour("#cb6a2e", "#1c0a00"),
    Status.UNSUPPORTED: Colour("#1b1d21", "#8d9099"),
    Status.BLOCKED: Colour("#33363f", "#c3c6d1"),
    Status.ERRORED: Colour("#575b68", "#ffffff"),
    Status.NOT_RUN: Colour("#131519", "#9ea1ab"),
    SILENT: Colour("#e48ac4", "#2d0320"),
}
"""By status, in the order of the legend; the silent failures stand out most in both."""


def look_of(cell: GridCell) -> str:
    """Return the name of the colour of a grid cell: its worst status, or that it fails silently."""
    return SILENT if cell.silent else str(cell.worst)
