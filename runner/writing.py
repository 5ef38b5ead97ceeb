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
    else:
        write_bytes(text.encode(), output)


def write_bytes(data: bytes, output: Path) -> None:
    """Write a file, with the directories above it, and say so. Raises UsageError when it cannot be written."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(data)
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written: {error.strerror}") from error
    say_written(output)


def say_written(path: Path) -> None:
    """Say where a report went, beside what goes to standard output."""
    Console(stderr=True).print(f"written to {path}", highlight=False, markup=False, soft_wrap=True)
