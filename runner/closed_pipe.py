"""Output to a reader that has seen enough, as in `query ... | head`: the command ends quietly, with a code that is no verdict."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, TextIO, cast

CLOSED = 141
"""What a shell calls a program that SIGPIPE ended. The signal itself is left alone: a dead agent is a closed pipe too."""


class _Guarded:
    """A stream that ends the program when its reader is gone. Other libraries would end it with 1, which is the code for news."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text."""
        return int(self._do(self._stream.write, text))

    def flush(self) -> None:
        """Flush what was written."""
        self._do(self._stream.flush)

    def _do(self, what: Callable[..., Any], *given: str) -> Any:
        try:
            return what(*given)
        except BrokenPipeError:
            # What is still in the buffer goes nowhere, also when the interpreter ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            raise SystemExit(CLOSED) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def quiet_when_closed() -> Iterator[None]:
    """Guard both output streams; all is flushed at the end, so that a reader who is gone is noticed here."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Guarded(out)), cast(TextIO, _Guarded(err))
    try:
        yield
        sys.stdout.flush()
    finally:
        sys.stdout, sys.stderr = out, err
