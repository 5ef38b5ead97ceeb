"""Writing a report where the user asked for it."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from runner.errors import UsageError


def write_text(text: str, output: Path | None) -> None:
    """Write text to a file and say so, or to standard output when there is none. Raises UsageError when it cannot be written."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror}") from error
    Console(stderr=True).print(f"written to {output}", highlight=False, markup=False, soft_wrap=True)
