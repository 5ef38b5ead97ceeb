"""The command `query`: a question to all runs, and its answer on the screen or in a file."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.errors import UsageError
from runner.reports.answer import FORMS, print_table, render
from runner.reports.printing import Part, print_parts
from runner.store import RunStore
from runner.warehouse.questions import questions, statement_of
from runner.warehouse.tables import columns, opened, sources
from runner.writing import write_text


def ask(words: tuple[str, ...], *, form: str, output: Path | None, reports: Path, console: Console) -> None:
    """Print or write what a statement gives. Raises UsageError for what DuckDB refuses, with its message and the columns there are."""
    if form not in FORMS:
        raise UsageError(f"--as {form}: choose one of {', '.join(FORMS)}")
    if form == "table" and output is not None:
        raise UsageError("--output: choose a form for a file: --as csv, --as json or --as markdown")
    statement, values = statement_of(words)
    store = RunStore(reports)
    given = sources(store)
    with opened(given) as warehouse:
        notes = warehouse.notes if given else (f"{store.runs}: there are no runs yet; `nox -s matrix` makes one",)
        for note in notes:
            Console(stderr=True).print(note, markup=False, highlight=False, soft_wrap=True)
        answer = warehouse.ask(statement, values)
    if form == "table":
        print_table(answer.columns, answer.rows, console)
        return
    text = render(answer.columns, answer.rows, form=form, types=answer.types)
    write_text(text, output)


def list_questions(console: Console) -> None:
    """Print the ready-made questions, the values that they take, and the tables there are for own ones."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for question in questions():
        table.add_row(Text(question.usage, style="bold"), Text(question.text))
        for name, meaning in question.takes:
            table.add_row("", Text(f"{name}: {meaning}", style="dim"))
    parts = [Part(table), Part(Text()), Part(Text("Or one statement of SQL in quotes, over these tables:"))]
    print_parts([*parts, *(Part(Text(f"  {line}")) for line in columns().splitlines())], console)
