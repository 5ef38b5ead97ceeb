"""Where everything in a picture stands, in pixels from its upper left corner. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from runner.reports.picture.widths import width_of
from runner.reports.tables import Grid, GridCell, Tables
from runner.reports.terminal import denominators, results
from runner.reports.terminal import size as size_of
from runner.reports.tints import shade_of
from runner.reports.words import duration

BESIDE = 12
"""Two panels of more environments stand below each other; three and four always two by two, or they would be a ribbon."""

PANELS = 4
"""So many formats where none are asked for."""

KNOWN = ("keras-v3", "h5", "keras-dir", "saved-model", "checkpoint", "weights-h5", "weights-tf", "export", "json-weights", "own")
"""Formats in the order in which people ask for them."""

MARGIN = 28
GAP = 36
TITLE = 22
TEXT = 13
SMALL = 11
NUMBER, SMALLEST_NUMBER = 13.0, 8.0
"""The size of a number in a cell; one that would have to be smaller than the second is left to the bar below it."""

NOTE = "The sign is that of the worst in a cell; number and bar say how many passed of those that make sense. Paler: more passed."
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
        return self.y + self.height - 9

    @property
    def bar(self) -> float:
        """How long the bar is that shows the share."""
        return (self.width - 6) * self.share


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
    measure = _Measure(50, 46, 18) if most <= 8 else _Measure(42, 40, 16)
    ending = common_ending({name for grid in grids for name in (*grid.producers, *grid.consumers)})
    names = [_name(name, ending) for grid in grids for name in (*grid.producers, *grid.consumers)]
    longest = max((width_of(name, SMALL) for name in names), default=0.0)
    side, head = longest + 10, longest * _SLANT + 26
    columns = 1 if len(grids) < 2 or (len(grids) == 2 and most > BESIDE) else 2
    rows = [grids[start : start + columns] for start in range(0, len(grids), columns)]
    consumers = max((len(grid.consumers) for grid in grids), default=0)
    panel_width = max(
        side + (consumers + 1) * measure.width + 12 + longest * _SLANT, max((width_of(_about(grid), SMALL) for grid in grids), default=0.0)
    )
    labels, about = _title(tables, grids, ending)
    words = max(width_of(one.text, one.size, bold=one.bold) for one in labels)
    heights = [_HEAD + head + max(len(grid.producers) for grid in row) * measure.height + GAP for row in rows]
    tops = list(accumulate(heights, initial=max(label.y for label in labels) + 6))
    squares: list[Square] = []
    for row, top in zip(rows, tops, strict=False):
        for number, grid in enumerate(row):
            left = MARGIN + number * (panel_width + GAP)
            drawn = _panel(grid, left, top, side, head, measure, ending)
            labels += drawn[0]
            squares += drawn[1]
    lines = 2 * MARGIN + max(width_of(NOTE, SMALL), words)
    width = max(MARGIN * 2 + columns * panel_width + (columns - 1) * GAP, lines, 760)
    legend_labels, legend_squares, bottom = _legend(tops[-1], width)
    return Picture(
        width=round(width),
        height=round(bottom + MARGIN),
        title=labels[0].text,
        about=about,
        labels=(*labels, *legend_labels),
        squares=(*squares, *legend_squares),
    )


def place_of(name: str) -> int:
    """Return the place of a format in the order in which people ask for them; what nobody knows comes last."""
    return KNOWN.index(name) if name in KNOWN else len(KNOWN)


def _chosen(tables: Tables, patterns: Sequence[str]) -> list[Grid]:
    drawable = [grid for grid in tables.grids if grid.consumers] or list(tables.grids)
    if patterns:
        found = [grid for grid in drawable if any(fnmatchcase(grid.format, pattern) for pattern in patterns)]
        if not found:
            raise UsageError(
                f"--format {' '.join(patterns)}: this run has no such format; {did_you_mean(patterns[0], [g.format for g in drawable])}"
            )
        return found
    return sorted(drawable, key=lambda grid: (place_of(grid.format), grid.format))[:PANELS]


def common_ending(names: Collection[str]) -> str:
    """Return the last part, as `-py311`, that all of several names have besides a beginning; nothing where there is none."""
    endings = {"-" + name.rpartition("-")[2] for name in names}
    return endings.pop() if len(names) > 1 and len(endings) == 1 and all(name.rpartition("-")[0] for name in names) else ""


def _name(environment: str, ending: str) -> str:
    return one_line(environment.removesuffix(ending), limit=40)


def _title(tables: Tables, grids: Sequence[Grid], ending: str) -> tuple[list[Label], str]:
    of = f"{len(grids)} of {len(tables.grids)} formats" if len(grids) < len(tables.grids) else "all formats"
    state = "complete" if tables.complete else "interrupted" if tables.finished else "still running, or interrupted"
    all_of = [f"all environments end in {ending}"] if ending else []
    took = [duration(tables.seconds)] if tables.seconds is not None else []
    facts = " · ".join(one_line(text) for text in (tables.run, state, f"profile {tables.profile}", *took, of, *all_of))
    ran = f"of those that ran: {results(tables.totals)}" if tables.totals.ran else "none ran"
    planned = denominators(tables.totals) if tables.totals.planned else "Nothing was planned, so there is nothing to show."
    lines = ("TensorFlow compatibility matrix", *([BANNER] if tables.banner else []), facts, planned, ran)
    found = [Label(x=MARGIN, y=MARGIN + 18, text=lines[0], size=TITLE, bold=True)]
    for number, line in enumerate(lines[1:]):
        found.append(Label(x=MARGIN, y=MARGIN + 42 + 18 * number, text=line, size=TEXT, bold=line == BANNER, faint=line == facts))
    return found, ". ".join(lines)


def _panel(
    grid: Grid, left: float, top: float, side: float, head: float, measure: _Measure, ending: str
) -> tuple[list[Label], list[Square]]:
    across = [("saved", None), *((_name(name, ending), name) for name in grid.consumers)]
    begin = top + _HEAD + head
    labels = [
        Label(x=left, y=top + 34, text=one_line(grid.format), size=16, bold=True),
        Label(x=left, y=top + 52, text=_about(grid), size=SMALL, faint=True),
    ]
    squares = []

    def x_of(column: int) -> float:
        return left + side + column * measure.width + (12 if column else 0)

    for column, (text, _) in enumerate(across):
        labels.append(Label(x=x_of(column) + measure.width / 2 + 2, y=begin - 8, text=text, size=SMALL, turned=True))
    for row, producer in enumerate(grid.producers):
        y = begin + row * measure.height
        name = _name(producer, ending)
        labels.append(Label(x=left + side - 8, y=y + measure.height / 2 + 4, text=name, size=SMALL, end=True))
        for column, (_, consumer) in enumerate(across):
            cell = grid.saves.get(producer) if consumer is None else grid.cells.get((producer, consumer))
            if cell is not None:
                squares.append(_square(cell, x_of(column), y, measure, _where(producer, consumer)))
    return labels, squares


def _about(grid: Grid) -> str:
    return f"{size_of(grid)}; saved in the rows, loaded in the columns"


def _where(producer: str, consumer: str | None) -> str:
    return f"{one_line(producer, limit=40)} {'saved' if consumer is None else f'to {one_line(consumer, limit=40)}'}"


def _square(cell: GridCell, x: float, y: float, measure: _Measure, where: str) -> Square:
    glyph, number = glyph_of(cell), fraction(cell)
    number_size = min(NUMBER, (measure.width - 5) / width_of(number, 1)) if number else NUMBER
    share = cell.passed / cell.total if cell.total else 0.0
    return Square(
        x=x,
        y=y,
        width=measure.width - 2,
        height=measure.height - 2,
        look=shade_of(look_of(cell), share),
        sign=glyph.sign,
        number=number if number_size >= SMALLEST_NUMBER else "",
        number_size=round(number_size, 1),
        sign_size=measure.sign,
        share=share,
        about=f"{where}: {glyph.text}{f', {number} passed' if number else ''}",
    )


def _legend(top: float, width: float) -> tuple[list[Label], list[Square], float]:
    entries = [(SILENT_NAME, SILENT)] + [(str(status), GLYPHS[status]) for status in Status]
    x, y = float(MARGIN), top
    labels, squares = [], []
    for name, glyph in entries:
        wide = 34 + width_of(glyph.text, TEXT) + 22
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
    labels.append(Label(x=MARGIN, y=y, text=NOTE, size=SMALL, faint=True))
    return labels, squares, y
