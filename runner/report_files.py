"""Reports that are files of their own: the page, which each run leaves beside its records, and pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from runner.errors import UsageError
from runner.history import Stretch, histories_of
from runner.judge import Judgement
from runner.model import Run
from runner.store import FILE, RunStore, StoreFault
from runner.writing import write_bytes, write_text

PICTURES = ("svg", "png")
FORMS = ("html", *PICTURES)
PAGE = "report.html"
REMEMBERED = 10
REMEMBERED_BYTES = 100_000_000
"""So many runs, the newest, tell what became of each cell over time, if their files are no larger than that together."""


def write_report_file(
    run: Run,
    store: RunStore,
    *,
    form: str,
    output: Path | None,
    formats: Sequence[str],
    command: tuple[str, ...],
    judgement: Judgement | None = None,
) -> int:
    """Write a report of one of `FORMS` to a file, or, where it is text, to standard output when there is none. Returns 0.

    `judgement` is what the run amounts to, for the page; in `store` are the runs before it.

    Raises UsageError when the file cannot be written, or when what was asked for makes no sense together.
    """
    from runner.reports.picture.draw import as_png, as_svg

    if formats and form not in PICTURES:
        raise UsageError(f"--format chooses the panels of a picture: give it with --as {' or --as '.join(PICTURES)}")
    if form == "png":
        if output is None:
            raise UsageError("--as png is no text: say where it goes with --output matrix.png")
        write_bytes(as_png(run, formats), output)
    else:
        write_text(as_svg(run, formats) if form == "svg" else _page(run, store, command, judgement), output)
    return 0


def leave_page(run: Run, store: RunStore, *, command: tuple[str, ...], judgement: Judgement | None = None) -> Path | None:
    """Write the page of a run beside its records and return where it is; None, and a word of it, where it cannot be written."""
    directory = run.path.parent if run.path.suffix == ".jsonl" else run.path
    page, partial = directory / PAGE, directory / f"{PAGE}.partial"
    try:
        # Whoever has the page open never reads half of a new one.
        partial.write_text(_page(run, store, command, judgement), encoding="utf-8")
        partial.replace(page)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what_next = "the run itself is kept, and `report --as html --output FILE` makes its page elsewhere"
        Console(stderr=True).print(
            f"{page}: cannot be written: {error.strerror}; {what_next}", highlight=False, markup=False, soft_wrap=True
        )
        return None
    return page


def _page(run: Run, store: RunStore, command: tuple[str, ...], judgement: Judgement | None) -> str:
    from runner.reports.html.page import render

    return render(run, command=command, judgement=judgement, history=history_until(run, store))


def history_until(run: Run, store: RunStore) -> Mapping[str, tuple[Stretch, ...]]:
    """Return what became of the cells of a run that changed, in it and the newest before it; what cannot be read says nothing."""
    runs, left = [run], REMEMBERED_BYTES
    for earlier in reversed([id_ for id_ in store.ids() if id_ < run.header.run][1 - REMEMBERED :]):
        with contextlib.suppress(StoreFault, OSError):
            left -= (store.runs / earlier / FILE).stat().st_size
            if left < 0:
                break
            runs.append(store.read(earlier))
    return histories_of(run.outcomes, runs)
