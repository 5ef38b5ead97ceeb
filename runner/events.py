"""What the executor tells whoever watches a run: small frozen facts, in the order in which they happen.

The executor calls `on_event(event)`; it never waits for an answer and never learns what the watcher does with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from runner.model import Footer, Outcome, Reason


@dataclass(frozen=True)
class RunStarted:
    """A run begins: of `planned` cells `reused` were taken over and `canaries` are the canary's; `note` is one line for people.

    `seconds` is what the others will take, about.
    """

    run: str
    path: Path
    planned: int
    reused: int = 0
    note: str = ""
    canaries: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class EnvironmentStarted:
    """An environment is being built, or looked up in the cache."""

    id: str


@dataclass(frozen=True)
class EnvironmentReady:
    """An environment can be used; `reused` when it came from the cache."""

    id: str
    seconds: float = 0.0
    reused: bool = False


@dataclass(frozen=True)
class EnvironmentFailed:
    """An environment cannot be used; its cells will be blocked."""

    id: str
    reason: Reason
    message: str = ""


@dataclass(frozen=True)
class CellStarted:
    """A cell begins to run in an environment."""

    id: str
    environment: str


@dataclass(frozen=True)
class CellDone:
    """The outcome of a cell is written: it ran, or was blocked, or was not run."""

    outcome: Outcome


@dataclass(frozen=True)
class Note:
    """One line for people, such as a retry or a confirmation."""

    text: str


@dataclass(frozen=True)
class RunFinished:
    """The run ended: completely, or interrupted (`footer.complete` is false)."""

    footer: Footer


Event = RunStarted | EnvironmentStarted | EnvironmentReady | EnvironmentFailed | CellStarted | CellDone | Note | RunFinished
OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Take any event and do nothing: the watcher of a run that nobody watches."""
