"""A running agent, whatever it runs in: what all engines' agents have in common, and what each must say for itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class Agent(ABC):
    """Use it as a context manager: leaving it ends the agent and all that came of it.

    Not for several threads at once, except `kill`, which may be called from any. `_stderr` is the file that holds what the agent
    wrote to standard error.
    """

    _stderr: Path

    @abstractmethod
    def ask(self, request: Mapping[str, Any]) -> None:
        """Send {"request": path of a request}; raise EngineFault when the agent or the engine is gone."""

    @abstractmethod
    def next_event(self, timeout: float | None = None) -> dict[str, Any] | None:
        """Return the next event, or None when the agent has ended. Raises TimeoutError; an event that comes later is not lost."""

    @abstractmethod
    def close(self, seconds: float = 5.0) -> int | None:
        """Let the agent finish (end of input), then end whatever is left; return its exit code if it is known."""

    @abstractmethod
    def kill(self) -> None:
        """End the agent and everything that came of it."""

    def events(self) -> Iterator[dict[str, Any]]:
        """Yield events until the agent ends."""
        while (event := self.next_event()) is not None:
            yield event

    def stderr_tail(self, characters: int = 4000) -> str:
        """Return the end of what the agent wrote to standard error."""
        return tail_of(self._stderr, characters)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.kill()


def tail_of(path: Path, characters: int = 4000) -> str:
    """Return the end of a text file, "" when it cannot be read."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 4 * characters))
            return stream.read().decode("utf-8", "replace")[-characters:]
    except OSError:
        return ""
