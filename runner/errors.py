"""The errors a user can meet. Each class has one exit code, and each message says what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model import Reason


class RunnerError(Exception):
    """An error that is told to the user without a traceback."""

    exit_code = 4


class UsageError(RunnerError):
    """Bad usage or configuration."""

    exit_code = 2


class NothingSelected(RunnerError):
    """The selection leaves no cell to run."""

    exit_code = 3


class Interrupted(RunnerError):
    """The user stopped the run."""

    exit_code = 130


class Busy(RunnerError):
    """Somebody else is doing it already: nothing was started, and nothing is wrong."""

    exit_code = 75


class EngineFault(RunnerError):
    """An environment that could not be made or entered: says nothing about TensorFlow and blocks only its own cells.

    `log` is the evidence (what uv or the agent printed); the message itself says what to do next.
    """

    def __init__(self, reason: Reason, message: str, log: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.log = log


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: where, what, and what would be right."""

    file: str
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}" + (f"; {self.hint}" if self.hint else "")


class InvalidMatrix(UsageError):
    """A matrix file with problems: all of them, in the order of their lines."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        count = len(problems)
        super().__init__("\n".join([*map(str, problems), f"{count} problem{'s' * (count != 1)}: nothing was run"]))
