"""Printing pieces of a report on whatever the reader has: a colour terminal, a pipe, a terminal that knows only ASCII."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

_STAND_INS = str.maketrans({"·": "-", "…": "...", "\N{EN DASH}": "-", "\N{NO-BREAK SPACE}": " ", "━": "-"})


@dataclass(frozen=True)
class Part:
    """A piece of a report; `whole` says that its lines are left to the terminal to wrap, so that they can be copied."""

    renderable: RenderableType
    whole: bool = False


def print_parts(parts: Iterable[Part], console: Console) -> None:
    """Print pieces one below the other; what the stream cannot encode is replaced, never raised."""
    if not console.options.ascii_only:
        for part in parts:
            console.print(part.renderable, soft_wrap=part.whole, highlight=False)
        return
    with console.capture() as captured:
        for part in parts:
            console.print(part.renderable, soft_wrap=part.whole, highlight=False)
    text = captured.get().translate(_STAND_INS)
    console.file.write(text.encode("ascii", "replace").decode("ascii"))
    console.file.flush()


def plain_text(show: Callable[[Console], None], *, width: int) -> str:
    """Return what `show` prints as plain text without control codes."""
    console = Console(file=io.StringIO(), width=width, color_system=None, force_terminal=False, legacy_windows=False, _environ={})
    with console.capture() as captured:
        show(console)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def hanging(lead: str, text: Text) -> Table:
    """Return a line whose continuation is indented as far as its lead is long."""
    table = Table.grid(padding=0)
    table.add_column(no_wrap=True, width=len(lead))
    table.add_column()
    table.add_row(Text(lead), text)
    return table
