"""A run as the JSON that shields.io draws a badge from: https://shields.io/badges/endpoint-badge.

Green is kept for a result that was held against expectations and brought nothing unexpected, or in which all passed. A result
that cannot be believed or is not whole is grey, whatever is in it.
"""

from __future__ import annotations

import json

from runner.judge import UNEXPECTED, Judgement, judge
from runner.model import Run, Stage
from runner.reports.tables import pivot
from runner.reports.words import counted

LABEL = "saved models load"


def render(run: Run, judgement: Judgement | None = None) -> str:
    """Return the badge of a run as JSON that ends with a newline."""
    found = judgement or judge(run)
    message, color = _said(run, found)
    return json.dumps({"schemaVersion": 1, "label": LABEL, "message": message, "color": color}, ensure_ascii=True) + "\n"


def _said(run: Run, judgement: Judgement) -> tuple[str, str]:
    """Return the message and the colour."""
    tables = pivot(run)
    loads = dict(tables.by_stage)[Stage.LOAD]
    share = f"{loads.passed} of {loads.total}"
    if judgement.banner:
        return "not to be believed", "lightgrey"
    if judgement.exit_code == UNEXPECTED:
        cells, problems = len(judgement.unexpected), len(judgement.problems)
        news = [f"{cells} unexpected"] if cells or not problems else []
        return ", ".join((share, *news, *([counted(problems, "rule problem")] if problems else []))), "red"
    if judgement.exit_code:
        return f"{share}, incomplete", "lightgrey"
    if not loads.total:
        return "nothing was loaded", "lightgrey"
    if loads.passed == loads.total or judgement.expects:
        return share, "brightgreen"
    return share, "blue"
