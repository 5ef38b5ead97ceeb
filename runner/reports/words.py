"""Numbers as people read them: durations and counts with their nouns."""

from __future__ import annotations

import shlex


def duration(seconds: float) -> str:
    """Return a duration in two units at most: `0.4 s`, `12 s`, `4 min 30 s`, `2 h 5 min`."""
    if seconds < 0:
        return "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(whole // 60, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 cell`, `2 cells`, `3 matches` for a noun given as `match/es`."""
    stem, _, plural = noun.partition("/")
    return f"{count} {stem}{'' if count == 1 else plural or 's'}"


def size(count: float) -> str:
    """Return a number of bytes with its unit, in powers of ten: `0 MB`, `215 MB`, `1.4 GB`, `72 GB`."""
    if count < 999_500_000:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB" if count < 9.95e9 else f"{count / 1e9:.0f} GB"


def command_line(*words: str) -> str:
    """Return a command that can be pasted into a shell."""
    return " ".join(shlex.quote(word) for word in words)
