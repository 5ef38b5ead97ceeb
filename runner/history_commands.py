"""The commands that look at more than one run: `query`, and what keeps runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from runner.errors import UsageError
from runner.options import REPORTS, Reports


def query(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="SQL | QUESTION [VALUE...]", help="one statement of SQL in quotes, or a question by name")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="list the ready-made questions")] = False,
    form: Annotated[str, typer.Option("--as", help="table, json, csv or markdown")] = "table",
    output: Annotated[Path | None, typer.Option(help="write to this file instead of the screen")] = None,
    reports: Reports = REPORTS,
) -> int:
    """Ask all runs, in SQL or by a ready-made question. Runs are never changed by it."""
    from runner.querying import ask, list_questions

    console = Console()
    if list_ or not words:
        list_questions(console)
        return 0
    ask(tuple(words), form=form, output=output, reports=reports, console=console)
    return 0
