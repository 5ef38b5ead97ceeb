"""Reports that are files of their own: the page, which each run leaves beside its records, and pictures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from runner.errors import UsageError
from runner.judge import Judgement
from runner.model import Run

if TYPE_CHECKING:
    from runner.reports.html.evidence import History

PICTURES = ("svg", "png")
FORMS = ("html", *PICTURES)
PAGE = "report.html"


def write_report_file(
    run: Run,
    *,
    form: str,
    output: Path | None,
    formats: Sequence[str],
    command: tuple[str, ...],
    judgement: Judgement | None = None,
    history: History | None = None,
) -> int:
    """Write a report of one of `FORMS` to a file, or, where it is text, to standard output when there is none. Returns 0.

    `judgement` and `history` are for the page: what the run amounts to, and what became of cells over time.

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
            data = render(run, command=command, judgement=judgement, history=history).encode()
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


def leave_page(run: Run, *, command: tuple[str, ...], judgement: Judgement | None = None, history: History | None = None) -> Path | None:
    """Write the page of a run beside its records and return where it is; None, and a word of it, where it cannot be written.

    `judgement` is what the run amounts to, `history` what became of cells over time.
    """
    from runner.reports.html.page import render

    directory = run.path.parent if run.path.suffix == ".jsonl" else run.path
    page, partial = directory / PAGE, directory / f"{PAGE}.partial"
    try:
        # Whoever has the page open never reads half of a new one.
        partial.write_text(render(run, command=command, judgement=judgement, history=history), encoding="utf-8")
        partial.replace(page)
    except OSError as error:
        partial.unlink(missing_ok=True)
        what_next = "the run itself is kept, and `report --as html --output FILE` makes its page elsewhere"
        _tell(f"{page}: cannot be written: {error.strerror}; {what_next}")
        return None
    return page


def _tell(text: str) -> None:
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)
