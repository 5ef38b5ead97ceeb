"""A finding of `doctor`: a sign, what is so, and one thing to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    """How much a finding matters."""

    OK = "ok"
    WARNING = "warning"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One line of the report; what is not ok has a `remedy`."""

    area: str
    sign: Sign
    text: str
    remedy: str = ""
