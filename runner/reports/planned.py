"""What a plan amounts to: cells by stage, what is known already, and the expected time. For people and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from rich.console import Console

from runner.engines.base import Engine
from runner.executor import key_ring, known_outcomes, resources
from runner.model import Stage
from runner.plan import Plan, expected_seconds
from runner.reports.words import duration
from runner.store import RunStore


def describe(plan: Plan, engine: Engine, store: RunStore, *, jobs: int | None) -> dict[str, Any]:
    """Return the facts of a plan; `seconds` is the expected wall time of what is not known yet."""
    known = known_outcomes(plan, key_ring(plan, engine), store)
    left = tuple(cell for cell in plan.cells if cell.id not in known)
    spec = plan.selection.spec
    slots = resources(jobs=jobs or spec.jobs, memory_mb=spec.memory_mb).slots
    return {
        "matrix": str(spec.path),
        "profile": plan.selection.profile,
        "engine": engine.name,
        "environments": [environment.id for environment in plan.environments.values()],
        "fixtures": [fixture.key for fixture in plan.selection.fixtures],
        "formats": {name: list(loaders) for name, loaders in plan.selection.formats},
        "pairs": len(plan.selection.pairs),
        "counts": {str(stage): count for stage, count in plan.counts.items()},
        "canaries": plan.canaries,
        "known": {str(stage): count for stage, count in sorted(Counter(cell.stage for cell in plan.cells if cell.id in known).items())},
        "left": len(left),
        "agents": slots,
        "seconds": round(expected_seconds(left, store.durations(), jobs=slots), 1) if left else 0.0,
        "notes": list(plan.selection.notes),
        "cells": [{"id": cell.id, "known": cell.id in known} for cell in plan.cells],
    }


def print_plan(facts: dict[str, Any], console: Console, *, as_json: bool) -> None:
    """Print the facts of a plan."""
    if as_json:
        console.file.write(json.dumps(facts, indent=2) + "\n")
        return
    total = sum(facts["counts"].values())
    canaries = f", and {facts['canaries']} of the canary" if facts["canaries"] else ""
    by_stage = ", ".join(f"{facts['counts'][stage]} {stage}s" for stage in Stage)
    lines = [
        f"{facts['matrix']}, profile {facts['profile']}, engine {facts['engine']}",
        f"{len(facts['environments'])} environments: {', '.join(facts['environments'])}",
        f"{len(facts['fixtures'])} fixtures: {', '.join(facts['fixtures'])}",
        f"{facts['pairs']} pairs; {total} cells: {by_stage}{canaries}",
        f"{len(facts['cells']) - facts['left']} are known from earlier runs, {facts['left']} are left"
        + (f": about {duration(facts['seconds'])} with {facts['agents']} agents at a time" if facts["left"] else "; nothing to run"),
        *(f"note: {note}" for note in facts["notes"]),
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
