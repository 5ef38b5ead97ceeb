"""The nearest valid word to a wrong one, for messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(wrong: str, right: Iterable[str], *, most: int = 12) -> str:
    """Return `did you mean 'h5'?`, or the whole list when nothing is near, of a long one the least far, or ""."""
    words = list(dict.fromkeys(right))
    if near := get_close_matches(wrong[:80], words, n=1, cutoff=0.5):
        return f"did you mean {near[0]!r}?"
    if not words:
        return ""
    if len(words) > most:
        return f"nearest: {', '.join(get_close_matches(wrong[:80], words, n=3, cutoff=0.0))}"
    return f"known: {', '.join(words)}"
