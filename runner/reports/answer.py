"""What a query gave, as a table for people, JSON, CSV or Markdown. Values may be what a model's error said: they are cleaned."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.text import Text

from runner.reports.clean import clean, one_line, prose
from runner.reports.columns import print_columns
from runner.reports.printing import Part, print_parts
from runner.reports.words import counted

FORMS = ("table", "json", "csv", "markdown")
SHOWN = 200
"""So many rows does a table for people have; the other forms have all."""

Rows = Sequence[Sequence[object]]


def print_table(columns: Sequence[str], rows: Rows, console: Console) -> None:
    """Print rows as a table, the first of them where there are very many, and say how many there are."""
    names = [one_line(name, limit=60) for name in columns]
    right = frozenset(
        number
        for number in range(len(columns))
        if rows and isinstance(rows[0][number], (int, float, Decimal)) and not isinstance(rows[0][number], bool)
    )
    lines = [[one_line(_text(value), limit=400) for value in row] for row in rows[:SHOWN]]
    print_columns(names, lines, console, right=right)
    more = f"; the first {SHOWN} are shown, `--as csv` and `--as json` have all" if len(rows) > SHOWN else ""
    print_parts([Part(Text(f"{counted(len(rows), 'row')}{more}", style="dim"))], console)


def render(columns: Sequence[str], rows: Rows, *, form: str, types: Sequence[str] = ()) -> str:
    """Return rows as `json` (a list of objects), `csv` (RFC 4180) or `markdown` (one table)."""
    names = _distinct(columns)
    if form == "json":
        kinds = types or [""] * len(names)
        made = [{name: _plain(value, kind) for name, value, kind in zip(names, row, kinds, strict=True)} for row in rows]
        return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    if form == "csv":
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([clean(_text(value)) for value in row] for row in rows)
        return stream.getvalue()
    lines = [f"| {' | '.join(prose(name) for name in names)} |", f"|{' --- |' * len(names)}"]
    lines += [f"| {' | '.join(prose(_text(value)) for value in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _distinct(columns: Sequence[str]) -> list[str]:
    """Return names of columns of which no two are equal: a second `id` becomes `id_2`."""
    found: list[str] = []
    for name in columns:
        number, made = 2, name
        while made in found:
            number, made = number + 1, f"{name}_{number}"
        found.append(made)
    return found


def _text(value: object) -> str:
    """Return a value as one reads it: nothing for NULL, whole JSON for what has parts."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(_plain(value), ensure_ascii=False)
    return str(value)


def _plain(value: object, kind: str = "") -> Any:
    """Return a value as JSON has it: times in ISO 8601, columns of the type JSON as what they hold."""
    match value:
        case str() if kind == "JSON":
            return json.loads(value)
        case None | str() | bool() | int():
            return value
        case float():
            return value if value == value and abs(value) != float("inf") else str(value)
        case Decimal():
            return float(value)
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case dict():
            return {str(key): _plain(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain(inner) for inner in value]
    return str(value)
