"""Tables that can be read where they are printed: what one copies stays whole, free text is folded, and a pipe folds nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.reports.printing import Part, print_parts

_GAP = 2
_LEAST = 12
"""So many characters of a line does a column have at least that is folded, if it has so many."""

Lines = Sequence[Sequence[str]]


def print_columns(names: Sequence[str], rows: Lines, console: Console, *, right: Collection[int] = ()) -> None:
    """Print cleaned text as a table. Columns `right` are numbers.

    On a terminal free text is folded, the widest column of it first; single words (ids, names, numbers) never are. Where that leaves
    no room, and where the output is no terminal, each row is one line: 80 columns are a guess, and what reads a pipe wants whole lines.
    """
    widths = [max([Text(name).cell_len, *(Text(row[number]).cell_len for row in rows)]) for number, name in enumerate(names)]
    prose = {number for number in range(len(names)) if any(" " in row[number] for row in rows)}
    least = sum(min(width, _LEAST) if number in prose else width for number, width in enumerate(widths)) + _GAP * (len(names) - 1)
    if not console.is_terminal or least > console.width:
        print_parts(_whole(names, rows, widths, right), console)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, name in enumerate(names):
        folds = number in prose
        table.add_column(
            Text(name),
            overflow="fold",
            no_wrap=not folds,
            min_width=min(widths[number], _LEAST) if folds else widths[number],
            justify="right" if number in right else "left",
        )
    for row in rows:
        table.add_row(*map(Text, row))
    print_parts([Part(table)], console)


def _whole(names: Sequence[str], rows: Lines, widths: Sequence[int], right: Collection[int]) -> Iterator[Part]:
    def line(words: Sequence[str], style: str = "") -> Part:
        padded = []
        for number, (word, width) in enumerate(zip(words, widths, strict=True)):
            blank = " " * (width - Text(word).cell_len)
            padded.append(blank + word if number in right else word + blank)
        return Part(Text((" " * _GAP).join(padded).rstrip(), style=style), whole=True)

    yield line(names, "bold")
    yield from map(line, rows)
