"""Reports that are files of their own: the page, which each run leaves beside its records, and pictures."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from runner.errors import UsageError
from runner.history import Stretch, histories_of
from runner.judge import Judgement
from runner.model import Run
from runner.store import FILE, RunStore, StoreFault

PICTURES = ("svg", "png")
FORMS = ("html", *PICTURES)
PAGE = "report.html"

PAST_RUNS, PAST_BYTES = 20, 100_000_000
"""So many runs, and so many bytes of them, are read for what they said of the cells of a run: about 2 s at most."""


def write_report_file(
    run: Run,
    *,
    form: str,
    output: Path | None,
    formats: Sequence[str],
    command: tuple[str, ...],
    judgement: Judgement | None = None,
    store: RunStore | None = None,
) -> int:
    """Write a report of one of `FORMS` to a file, or, where it is text, to standard output when there is none. Returns 0.

    `judgement` and `store` are for the page: what the run amounts to, and the runs before it, which said something of its cells.

    Raises UsageError when the file cannot be written, or when what was asked for makes no sense together.
    """
    from runner.reports.html.page import render
    from runner.reports.picture.draw import as_png, as_svg

    if formats and form not in PICTURES:
        raise UsageError(f"--format chooses the panels of a picture: give it with --as {' or --as '.join(PICTURES)}")
    if form == "png" and output is None:
        raise UsageError("--as png is no text: say where it goes with --output matrix.png")
    match form:
        case "png":
            data = as_png(run, formats)
        case "svg":
            data = as_svg(run, formats).encode()
        case _:
            data = render(run, command=command, judgement=judgement, history=past_of(run, store)).encode()
    if output is None:
        sys.stdout.buffer.write(data)
        return 0
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(data)
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror}") from error
    _tell(f"written to {output}")
    return 0


def leave_page(run: Run, *, command: tuple[str, ...], judgement: Judgement | None = None, store: RunStore | None = None) -> Path | None:
    """Write the page of a run beside its records and return where it is; None, and a word of it, where it cannot be written.

    `judgement` is what the run amounts to; in `store` are the runs before it, of which the page says what they said of a cell.
    """
    from runner.reports.html.page import render

    directory = run.path.parent if run.path.suffix == ".jsonl" else run.path
    page, partial = directory / PAGE, directory / f"{PAGE}.partial"
    try:
        # Whoever has the page open never reads half of a new one.
        partial.write_text(render(run, command=command, judgement=judgement, history=past_of(run, store)), encoding="utf-8")
        partial.replace(page)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what_next = "the run itself is kept, and `report --as html --output FILE` makes its page elsewhere"
        _tell(f"{page}: cannot be written: {error.strerror}; {what_next}")
        return None
    return page


def past_of(run: Run, store: RunStore | None) -> Mapping[str, tuple[Stretch, ...]]:
    """Return what became of the cells of a run that changed in it and the newest runs before it, by cell id.

    Runs are read from the newest on, so many and so large as the limits say; one that cannot be read says nothing.
    """
    if store is None:
        return {}
    runs, size = [run], 0
    for name in reversed([name for name in store.ids() if name < run.header.run][-PAST_RUNS:]):
        size += (store.runs / name / FILE).stat().st_size
        if size > PAST_BYTES:
            break
        with suppress(StoreFault):
            runs.append(store.read(name))
    return histories_of(run.outcomes, runs)


def _tell(text: str) -> None:
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)
