"""The summary of a step of GitHub Actions: Markdown appended to the file that `$GITHUB_STEP_SUMMARY` names, where it is set.

GitHub drops the whole summary of a step beyond 1 MiB. So what does not fit is given shorter, or said to be elsewhere.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

VARIABLE = "GITHUB_STEP_SUMMARY"
LIMIT = 1024 * 1024
"""Bytes that GitHub takes for one step."""

_RESERVE = 1024
LEFT_OUT = "\nA report is left out here: the summary of a step may have 1 MiB.\n"


def append_summary(*makers: Callable[[], str]) -> None:
    """Append the first of some texts, the longest first, that still fits; where the variable is not set none of them is made.

    A text that is there already is not repeated. A file that cannot be written is told, and stops nothing: a report is
    about results, and those are there.
    """
    name = os.environ.get(VARIABLE)
    if not name:
        return
    path, texts = Path(name), [make() for make in makers]
    try:
        there = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        if any(text in there for text in texts):
            return
        room = LIMIT - _RESERVE - len(there.encode())
        chosen = next((text for text in texts if len(text.encode()) + 1 <= room), LEFT_OUT)
        if LEFT_OUT in there and chosen == LEFT_OUT:
            return
        with path.open("a", encoding="utf-8") as stream:
            stream.write(("\n" if there and not there.endswith("\n\n") else "") + chosen)
    except OSError as error:
        print(f"{VARIABLE}: {path} cannot be written ({error.strerror}); the summary is left out", file=sys.stderr)
