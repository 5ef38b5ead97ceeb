"""Where everything in a picture stands, in pixels from its upper left corner. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import accumulate

from runner.errors import UsageError
from runner.model import Status
from runner.nearest import did_you_mean
from runner.reports.clean import one_line
from runner.reports.glyphs import GLYPHS, SILENT, fraction, glyph_of
from runner.reports.judged import BANNER
from runner.reports.palette import SILENT as SILENT_NAME
from runner.reports.palette import look_of
from runner.reports.tables import Grid, GridCell, Tables
from runner.reports.terminal import denominators, results
from runner.reports.terminal import size as size_of
from runner.reports.words import duration

BESIDE = 12
"""Panels of more environments stand below each other."""

PANELS = 4
"""So many formats where none are asked for."""

KNOWN = ("keras-v3", "h5", "keras-dir", "saved-model", "checkpoint", "weights-h5", "weights-tf", "export", "json-weights", "own")
"""Formats in the order in which people ask for them."""

MARGIN = 28
GAP = 36
TITLE = 22
TEXT = 13
SMALL = 11
NUMBER, SMALLEST_NUMBER = 10.0, 7.0
"""The size of a number in a cell; one that would have to be smaller than the second is left to the bar below it."""

_ADVANCE = 0.59
"""Width of a letter of the font in its size, on average: rather too much for names."""
_HEAD = 50
_SLANT = 0.71


@dataclass(frozen=True, kw_only=True)
class Label:
    """Text at a place; `turned` leans up to the right, `end` says that it ends there."""

    x: float
    y: float
    text: str
    size: int
    bold: bool = False
    faint: bool = False
    turned: bool = False
    end: bool = False


@dataclass(frozen=True, kw_only=True)
class Square:
    """A cell: the name of its colour, its sign, and its number where there is room for one. `about` is what it says in words."""

    x: float
    y: float
    width: float
    height: float
    look: str
    sign: str
    number: str
    number_size: float
    sign_size: int
    share: float
    about: str

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def sign_y(self) -> float:
        """Where the sign stands: in the upper half when there is a number, else in the middle."""
        return self.y + self.height * (0.43 if self.number else 0.5) + (0.0 if self.number else self.sign_size * 0.36)

    @property
    def number_y(self) -> float:
        return self.y + self.height - 7

    @property
    def bar(self) -> float:
        """How long the bar is that shows the share; 0 where all or nothing passed."""
        return (self.width - 6) * self.share if 0 < self.share < 1 else 0.0


@dataclass(frozen=True, kw_only=True)
class Picture:
    """All of it. `about` says the same for those who do not see it."""

    width: int
    height: int
    title: str
    about: str
    labels: tuple[Label, ...]
    squares: tuple[Square, ...]


@dataclass(frozen=True)
class _Measure:
    """The width and height of a cell, and the size of its sign."""

    width: int
    height: int
    sign: int


def lay_out(tables: Tables, formats: Sequence[str] = ()) -> Picture:
    """Return the picture of a run; `formats` are patterns. Raises UsageError when they fit none, naming the nearest."""
    grids = _chosen(tables, formats)
    most = max((max(len(grid.producers), len(grid.consumers)) for grid in grids), default=0)
    measure = _Measure(48, 38, 15) if most <= 8 else _Measure(34, 32, 13)
    names = [one_line(name, limit=40) for grid in grids for name in (*grid.producers, *grid.consumers)]
    longest = max((_wide(name, SMALL) for name in names), default=0.0)
    side, head = longest + 10, longest * _SLANT + 26
    # Side by side, two large ones would be too small to read at the width of a page.
    columns = 1 if len(grids) < 2 or most > BESIDE else 2
    rows = [grids[start : start + columns] for start in range(0, len(grids), columns)]
    consumers = max((len(grid.consumers) for grid in grids), default=0)
    panel_width = side + (consumers + 1) * measure.width + 12 + longest * _SLANT
    labels, about = _title(tables, grids)
    heights = [_HEAD + head + max(len(grid.producers) for grid in row) * measure.height + GAP for row in rows]
    tops = list(accumulate(heights, initial=max(label.y for label in labels) + 6))
    squares: list[Square] = []
    for row, top in zip(rows, tops, strict=False):
        for number, grid in enumerate(row):
            left = MARGIN + number * (panel_width + GAP)
            drawn = _panel(grid, left, top, side, head, measure)
            labels += drawn[0]
            squares += drawn[1]
    width = max(
        MARGIN * 2 + columns * panel_width + (columns - 1) * GAP, 2 * MARGIN + max(_wide(one.text, one.size) for one in labels[:5]), 760
    )
    legend_labels, legend_squares, bottom = _legend(tops[-1], width)
    return Picture(
        width=round(width),
        height=round(bottom + MARGIN),
        title=labels[0].text,
        about=about,
        labels=(*labels, *legend_labels),
        squares=(*squares, *legend_squares),
    )


def _chosen(tables: Tables, patterns: Sequence[str]) -> list[Grid]:
    drawable = [grid for grid in tables.grids if grid.consumers] or list(tables.grids)
    if patterns:
        found = [grid for grid in drawable if any(fnmatchcase(grid.format, pattern) for pattern in patterns)]
        if not found:
            raise UsageError(
                f"--format {' '.join(patterns)}: this run has no such format; {did_you_mean(patterns[0], [g.format for g in drawable])}"
            )
        return found
    place = {name: number for number, name in enumerate(KNOWN)}
    return sorted(drawable, key=lambda grid: (place.get(grid.format, len(place)), grid.format))[:PANELS]


def _title(tables: Tables, grids: Sequence[Grid]) -> tuple[list[Label], str]:
    of = f"{len(grids)} of {len(tables.grids)} formats" if len(grids) < len(tables.grids) else "all formats"
    state = "complete" if tables.complete else "interrupted" if tables.finished else "still running, or interrupted"
    took = [duration(tables.seconds)] if tables.seconds is not None else []
    facts = " · ".join(one_line(text) for text in (tables.run, state, f"profile {tables.profile}", *took, of))
    ran = f"of those that ran: {results(tables.totals)}" if tables.totals.ran else "none ran"
    planned = denominators(tables.totals) if tables.totals.planned else "Nothing was planned, so there is nothing to show."
    lines = ("TensorFlow compatibility matrix", *([BANNER] if tables.banner else []), facts, planned, ran)
    found = [Label(x=MARGIN, y=MARGIN + 18, text=lines[0], size=TITLE, bold=True)]
    for number, line in enumerate(lines[1:]):
        found.append(Label(x=MARGIN, y=MARGIN + 42 + 18 * number, text=line, size=TEXT, bold=line == BANNER, faint=line == facts))
    return found, ". ".join(lines)


def _panel(grid: Grid, left: float, top: float, side: float, head: float, measure: _Measure) -> tuple[list[Label], list[Square]]:
    across = [("saved", None), *((one_line(name, limit=40), name) for name in grid.consumers)]
    begin = top + _HEAD + head
    labels = [
        Label(x=left, y=top + 34, text=one_line(grid.format), size=16, bold=True),
        Label(x=left, y=top + 52, text=f"{size_of(grid)}; saved in the rows, loaded in the columns", size=SMALL, faint=True),
    ]
    squares = []

    def x_of(column: int) -> float:
        return left + side + column * measure.width + (12 if column else 0)

    for column, (text, _) in enumerate(across):
        labels.append(Label(x=x_of(column) + measure.width / 2 + 2, y=begin - 8, text=text, size=SMALL, turned=True))
    for row, producer in enumerate(grid.producers):
        y = begin + row * measure.height
        name = one_line(producer, limit=40)
        labels.append(Label(x=left + side - 8, y=y + measure.height / 2 + 4, text=name, size=SMALL, end=True))
        for column, (text, consumer) in enumerate(across):
            cell = grid.saves.get(producer) if consumer is None else grid.cells.get((producer, consumer))
            if cell is not None:
                squares.append(_square(cell, x_of(column), y, measure, f"{name} {'' if consumer is None else 'to '}{text}"))
    return labels, squares


def _square(cell: GridCell, x: float, y: float, measure: _Measure, where: str) -> Square:
    glyph, number = glyph_of(cell), fraction(cell)
    number_size = min(NUMBER, measure.width / _wide(number, 1)) if number else NUMBER
    return Square(
        x=x,
        y=y,
        width=measure.width - 2,
        height=measure.height - 2,
        look=look_of(cell),
        sign=glyph.sign,
        number=number if number_size >= SMALLEST_NUMBER else "",
        number_size=round(number_size, 1),
        sign_size=measure.sign,
        share=cell.passed / cell.total if cell.total else 0.0,
        about=f"{where}: {glyph.text}{f', {number} passed' if number else ''}",
    )


def _legend(top: float, width: float) -> tuple[list[Label], list[Square], float]:
    entries = [(SILENT_NAME, SILENT)] + [(str(status), GLYPHS[status]) for status in Status]
    x, y = float(MARGIN), top
    labels, squares = [], []
    for name, glyph in entries:
        wide = 34 + _wide(glyph.text, TEXT) + 18
        if x + wide > width - MARGIN:
            x, y = float(MARGIN), y + 30
        squares.append(
            Square(
                x=x,
                y=y,
                width=26,
                height=22,
                look=name,
                sign=glyph.sign,
                number="",
                number_size=NUMBER,
                sign_size=13,
                share=0.0,
                about=glyph.text,
            )
        )
        labels.append(Label(x=x + 34, y=y + 16, text=glyph.text, size=TEXT))
        x += wide
    y += 48
    note = "The sign is that of the worst in a cell; the number, and the bar below it, say how many passed of those that make sense."
    labels.append(Label(x=MARGIN, y=y, text=note, size=SMALL, faint=True))
    return labels, squares, y


def _wide(text: str, size: float) -> float:
    return len(text) * size * _ADVANCE
