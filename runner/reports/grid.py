"""One format as a grid for the terminal: producers down, consumers across, in whatever width there is.

Three layouts, the first that fits: sign and fraction under full names; sign and percentage under numbers; the sign alone under
numbers. If even that is too wide, the consumers are folded into several grids below each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from runner.reports.clean import one_line
from runner.reports.glyphs import NONE_RAN, Glyph, fraction, glyph_of
from runner.reports.tables import Grid, GridCell

_EMPTY = GridCell()
_LONGEST_LABEL = 32


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a grid is laid out: what a cell shows, whether environments go by number, the gap, how many consumers a table has: never 0."""

    kind: str
    numbered: bool
    gap: int
    consumers: int


def label(name: str, *, number: int | None) -> str:
    """Return the label of a row: the environment's id, with its number where columns go by number."""
    text = one_line(name, limit=_LONGEST_LABEL)
    return text if number is None else f"{number:>2} {text}"


def choose_layout(grid: Grid, *, width: int) -> Layout:
    """Return the richest layout that fits into `width` columns."""
    cells = [*grid.cells.values(), *grid.saves.values()]
    widest = max((len(f"x {fraction(c)}") for c in cells), default=1)
    heads = [max(map(len, parts)) for parts in _headings(grid.consumers)]
    columns = [max(widest, head) for head in heads] + ([max(widest, len("saved"))] if grid.saves else [])
    every = max(1, len(grid.consumers))
    names = max((len(label(name, number=None)) for name in grid.producers), default=0)
    for gap in (2, 1):
        if names + sum(column + gap for column in columns) <= width:
            return Layout(kind="fraction", numbered=False, gap=gap, consumers=every)
    room = width - names - 3
    if 4 * len(columns) <= room:
        return Layout(kind="percent", numbered=True, gap=1, consumers=every)
    fitting = max(4, room // 2 - bool(grid.saves))
    return Layout(kind="sign", numbered=True, gap=1, consumers=min(fitting, every))


def render_grid(grid: Grid, *, numbers: Mapping[str, int], width: int, ascii_only: bool = False) -> Iterator[Table]:
    """Yield a grid as one Rich table, or as several when its consumers do not fit beside each other."""
    layout = choose_layout(grid, width=width)
    for start in range(0, len(grid.consumers) or 1, layout.consumers):
        consumers = grid.consumers[start : start + layout.consumers]
        yield _table(grid, consumers, layout, numbers, ascii_only=ascii_only)


def signs_of(grid: Grid) -> tuple[Glyph, ...]:
    """Return the signs that occur in a grid, for the legend."""
    return tuple(dict.fromkeys(glyph_of(cell) for cell in (*grid.cells.values(), *grid.saves.values())))


def _headings(names: tuple[str, ...]) -> list[list[str]]:
    """Return ids as lines of narrow headings, broken at their dashes, without a last part that all share."""
    parts = [[one_line(part, limit=12) for part in name.split("-")] for name in names]
    if len({part[-1] for part in parts}) == 1 and all(len(part) > 1 for part in parts):
        return [part[:-1] for part in parts]
    return parts


def _table(grid: Grid, consumers: tuple[str, ...], layout: Layout, numbers: Mapping[str, int], *, ascii_only: bool) -> Table:
    table = Table(box=None, padding=(0, layout.gap, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    table.add_column("", no_wrap=True, overflow="ellipsis")
    if grid.saves:
        heads = _heads(layout, consumers, numbers)
        depth = max((head.count("\n") for head in heads), default=0)
        word = {"fraction": "saved", "percent": "S", "sign": "S"}[layout.kind]
        table.add_column(Text("\n" * depth + word), no_wrap=True, min_width=3 if layout.kind == "percent" else None)
    for head in _heads(layout, consumers, numbers):
        table.add_column(Text(head), no_wrap=True, min_width=3 if layout.kind == "percent" else None)
    for producer in grid.producers:
        row = [Text(label(producer, number=numbers.get(producer, 0) if layout.numbered else None))]
        if grid.saves:
            row.append(_cell(grid.saves.get(producer), layout, ascii_only=ascii_only))
        row += [_cell(grid.cells.get((producer, consumer)), layout, ascii_only=ascii_only) for consumer in consumers]
        table.add_row(*row)
    return table


def _heads(layout: Layout, consumers: tuple[str, ...], numbers: Mapping[str, int]) -> list[str]:
    """Return the column headings, filled from above so that all end on the same line."""
    if not layout.numbered:
        parts = _headings(consumers)
    elif layout.kind == "percent":
        parts = [[str(numbers.get(name, 0))] for name in consumers]
    else:
        parts = [list(str(numbers.get(name, 0))) for name in consumers]
    depth = max(map(len, parts), default=0)
    return ["\n".join([*[""] * (depth - len(part)), *part]) for part in parts]


def _cell(cell: GridCell | None, layout: Layout, *, ascii_only: bool) -> Text:
    """Return a cell's sign, and as much of its numbers as the layout has room for."""
    if cell is None:
        return Text("")
    glyph = glyph_of(cell)
    sign = glyph.ascii if ascii_only else glyph.sign
    text = sign
    if layout.kind == "fraction" and cell.total:
        text = f"{sign} {fraction(cell)}"
    elif layout.kind == "percent" and cell.total and cell.passed < cell.total and cell.ran:
        text = f"{sign}{100 * cell.passed // cell.total:>2}"
    return Text(text.replace(NONE_RAN, "-") if ascii_only else text, style=glyph.style)
