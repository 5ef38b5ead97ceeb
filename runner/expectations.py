"""What is expected of a run: a baseline that was accepted, and known failures of the matrix file. Only `judge` looks at them.

They are records, so that a run can keep beside it what it was held against.
"""

from __future__ import annotations

from datetime import date
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from runner.model import Reason, Status


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class KnownFailure(_Record):
    """A rule: every cell whose id fits `selector` fails or is degraded for this `reason`, until `expires` (that day included).

    `issue` is where it is discussed, `because` a sentence, `place` the file and line that it stands in.
    """

    selector: str
    reason: Reason
    issue: str = ""
    expires: date | None = None
    because: str = ""
    place: str = ""

    def fits(self, cell: str) -> bool:
        """Return whether the selector names a cell."""
        return self.selector == cell or fnmatchcase(cell, self.selector)

    def __str__(self) -> str:
        return f"{self.place}: known failure {self.selector}" if self.place else f"known failure {self.selector}"


class Accepted(_Record):
    """What was accepted of one cell: a line of a baseline."""

    type: Literal["cell"] = "cell"
    id: str
    status: Status
    reason: Reason | None = None
    silent: bool = False


class BaselineHead(_Record):
    """The first line of a baseline: which run was accepted, and how many cells."""

    type: Literal["baseline"] = "baseline"
    schema_: Literal[1] = Field(default=1, alias="schema")
    run: str
    started: str
    profile: str
    cells: int


class Baseline(_Record):
    """Cells by id; `source` is the file or run it was read from."""

    source: str
    head: BaselineHead
    cells: dict[str, Accepted]


class Expectations(_Record):
    """Everything that a run is held against. `problems` are those of the rules themselves, such as one that fits no cell."""

    baseline: Baseline | None = None
    rules: tuple[KnownFailure, ...] = ()
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.baseline is not None or bool(self.rules)
