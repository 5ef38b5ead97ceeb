"""Remedies as a comparison says them: whole clauses only, since half a command helps nobody, and each of them once. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from runner.reports.clean import one_line

_HARD = 2000
# A semicolon of prose is followed by a word; `status = restore(path); status.assert_consumed()` is one command.
_BOUNDARY = re.compile(r"; (?=[A-Za-z-]+[ ,])")


def whole_clauses(text: str, *, limit: int) -> str:
    """Return text on one line, cut behind the last clause that ends within `limit` characters; the first one is never cut."""
    flat = one_line(text, limit=_HARD)
    if len(flat) <= limit:
        return flat
    ends = [match.start() for match in _BOUNDARY.finditer(flat) if _closed(flat[: match.start()])]
    fitting = [end for end in ends if end <= limit] or ends[:1]
    return flat[: fitting[-1]] if fitting else flat


def _closed(text: str) -> bool:
    return all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))


class Remedies:
    """The remedies of a text in the order of reading. One that helps more than once has a number, and is said the first time only."""

    def __init__(self, texts: Iterable[str], *, limit: int) -> None:
        self._limit = limit
        found = Counter(cut for text in texts if (cut := whole_clauses(text, limit=limit)))
        self._numbers = {cut: number for number, cut in enumerate((cut for cut, times in found.items() if times > 1), start=1)}
        self._said: set[str] = set()

    def say(self, text: str) -> str:
        """Return what is said of a remedy at its next place, "" where there is none."""
        cut = whole_clauses(text, limit=self._limit)
        if not cut:
            return ""
        number = self._numbers.get(cut)
        if cut in self._said:
            return f"remedy {number}, as above"
        self._said.add(cut)
        return f"{cut} (remedy {number})" if number else cut
