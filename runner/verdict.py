"""What a result amounts to, before it is the outcome of a cell."""

from __future__ import annotations

from typing import NamedTuple

from runner.model import Reason, Status


class Class(NamedTuple):
    """What a result amounts to."""

    status: Status
    reason: Reason | None = None
    why: str = ""
