"""A comparison as one JSON document, for programs; docs/reports-machine.md describes it."""

from __future__ import annotations

import json
from typing import Any

from runner.compare import CellChange, Change, Comparison, Side
from runner.model import Run, Status
from runner.reports.as_json import group_fields
from runner.reports.compared import Form, compared, headline
from runner.standing import Standing

SCHEMA = 1

_AS_BEFORE = (Change.STILL_PASSING, Change.STILL_UNSUPPORTED)


def render(base: Run, new: Run, comparison: Comparison, *, form: Form = "short") -> str:
    """Return a comparison as indented JSON that ends with a newline; the same two runs give the same text."""
    return json.dumps(document(base, new, comparison, form=form), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def document(base: Run, new: Run, comparison: Comparison, *, form: Form = "short") -> dict[str, Any]:
    """Return a comparison as plain JSON values. The short form leaves out the cells that are as they were."""
    found = compared(base, new, comparison)
    return {
        "schema": SCHEMA,
        "form": form,
        "base": _side(comparison.base),
        "new": _side(comparison.new),
        "headline": headline(found),
        "compared": found.compared,
        "counts": {str(change): count for change, count in comparison.counts.items()},
        "environments": {
            "added": list(comparison.environments_new),
            "gone": list(comparison.environments_gone),
            "altered": dict(comparison.environments_altered),
        },
        "sections": [
            {
                "name": section.name,
                "cells": len(section.cells),
                "silent": section.silent,
                "causes": [group_fields(g) for g in section.groups],
            }
            for section in found.sections
        ],
        "changes": [_change(change) for change in comparison.changes if form == "full" or change.change not in _AS_BEFORE],
    }


def _side(side: Side) -> dict[str, Any]:
    counts = {str(status): side.counts.get(status, 0) for status in Status}
    head = {"run": side.run, "started": side.started, "environment": side.environment, "complete": side.complete}
    return {**head, "planned": side.planned, "ran": side.ran, "counts": counts, "banner": list(side.banner)}


def _change(change: CellChange) -> dict[str, Any]:
    return {
        "cell": change.cell,
        "against": change.base.id if change.base else None,
        "about": change.about,
        "change": change.change,
        "verdict": change.verdict,
        "was": _standing(change.was, change.base is not None and change.base.status),
        "now": _standing(change.now, change.new is not None and change.new.status),
        "why": change.why,
        "altered": list(change.altered),
    }


def _standing(standing: Standing | None, status: Status | bool) -> dict[str, Any] | None:
    """Return a side of a cell: its own status, and what it says once it is read with what blocked it (null: nothing)."""
    if standing is None:
        return None
    return {"status": status, "says": standing.status, "reason": standing.reason, "silent": standing.silent}
