"""The command `compare`: find the two sides, compare them, and show or write what became of the cells."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from rich.console import Console

from runner.compare import Comparison, compare
from runner.errors import UsageError
from runner.judge import INCOMPLETE, NOTHING_UNEXPECTED
from runner.model import Run
from runner.reports import compared_json, compared_markdown, compared_terminal
from runner.reports.compared import Form
from runner.step_summary import append_summary
from runner.store import RunStore
from runner.upgrade import compare_environments
from runner.writing import write_text

FORMS: dict[str, Form] = {"short": "short", "full": "full"}
WAYS = ("terminal", "markdown", "json")


def show_comparison(base: str, new: str, *, way: str, form: str, output: Path | None, reports: Path, console: Console) -> int:
    """Compare two sides and show it; raises UsageError for what is no side. Returns 0, or the code
    for a run that cannot be believed: what was found is judged by `run`, not here.
    """
    if way not in WAYS:
        raise UsageError(f"--as {way}: choose one of {', '.join(WAYS)}")
    if form not in FORMS:
        raise UsageError(f"--form {form}: choose short or full")
    store = RunStore(reports)
    old, fresh, found = sides(store, base, new)
    code = INCOMPLETE if found.base.banner or found.new.banner else NOTHING_UNEXPECTED
    if way == "terminal" and output is None:
        compared_terminal.print_comparison(old, fresh, found, console, form=FORMS[form])
        return code
    makers = {"terminal": compared_terminal.to_text, "markdown": compared_markdown.render, "json": compared_json.render}
    text = makers[way](old, fresh, found, form=FORMS[form])
    write_text(text, output)
    if way == "markdown":
        append_summary(lambda: text, partial(compared_markdown.render, old, fresh, found, form="short"))
    return code


def sides(store: RunStore, base: str, new: str) -> tuple[Run, Run, Comparison]:
    """Return both runs and their comparison: of RUN and RUN, or of RUN@ENVIRONMENT and RUN@ENVIRONMENT.

    Raises UsageError where a side is not found, or where only one side names an environment.
    """
    (old, before), (fresh, after) = _side(store, base), _side(store, new)
    if before and after:
        return old, fresh, compare_environments(old, before, fresh, after)
    if before or after:
        lacking = new if before else base
        raise UsageError(f"compare: {lacking} names no environment and the other side does; write RUN@ENVIRONMENT twice, or not at all")
    return old, fresh, compare(old, fresh)


def _side(store: RunStore, text: str) -> tuple[Run, str | None]:
    """Return the run, and the environment behind the last @ if there is one; a file may have an @ in its name."""
    name, at, environment = text.rpartition("@")
    if not at or Path(text).exists():
        return store.find(text), None
    return store.find(name), environment
