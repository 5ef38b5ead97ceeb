"""A run's tables as one JSON document, for programs. The cells themselves are in `run.jsonl`; this is what was made of them."""

from __future__ import annotations

import json
from typing import Any

from runner.judge import Judgement, judge
from runner.model import Run
from runner.reports.causes import Group
from runner.reports.damage import FaultRow
from runner.reports.tables import Blocker, Grid, GridCell, Tables, Totals, pivot

SCHEMA = 1


def render(run: Run, judgement: Judgement | None = None) -> str:
    """Return the tables of a run as indented JSON that ends with a newline; the same run gives the same text."""
    return json.dumps(document(run, judgement), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def document(run: Run, judgement: Judgement | None = None) -> dict[str, Any]:
    """Return the tables of a run, and what it amounts to, as plain JSON values."""
    tables, judgement = pivot(run), judgement or judge(run)
    return {
        "schema": SCHEMA,
        "run": tables.run,
        "path": str(tables.path),
        "started": tables.started,
        "finished": tables.finished,
        "seconds": tables.seconds,
        "engine": tables.engine,
        "profile": tables.profile,
        "matrix": tables.matrix,
        "complete": tables.complete,
        "exit_code": judgement.exit_code,
        "judgement": judgement.text,
        "banner": list(judgement.banner),
        "expected": {
            "expects": judgement.expects,
            "unexpected": dict(judgement.unexpected),
            "unexpected_passes": dict(judgement.passes),
            "known": dict(judgement.known),
            "problems": list(judgement.problems),
        },
        "environments": list(tables.environments),
        "totals": _totals(tables.totals),
        "stages": {stage: _cell(cell) for stage, cell in tables.by_stage},
        "formats": [_grid(grid) for grid in tables.grids],
        "faults": [_fault(row) for row in tables.damage.rows],
        **_groups(tables),
        "blockers": [_blocker(blocker) for blocker in tables.blockers],
    }


def _groups(tables: Tables) -> dict[str, Any]:
    named = {"silent": tables.silent, "failed": tables.failures, "degraded": tables.degradations, "errored": tables.faults}
    causes = {name: [group_fields(group) for group in groups] for name, groups in named.items()}
    return {"causes": causes, "undiagnosed": [group_fields(group) for group in tables.unknown]}


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "planned": totals.planned,
        "ran": totals.ran,
        "passed": totals.passed,
        "degraded": totals.degraded,
        "failed": totals.failed,
        "silent": totals.silent,
        "explained": totals.explained,
        "unsupported": totals.unsupported,
        "blocked": totals.blocked,
        "blocked_by": dict(totals.blocked_by),
        "errored": totals.errored,
        "not-run": totals.not_run,
        "reused": totals.reused,
    }


def _grid(grid: Grid) -> dict[str, Any]:
    return {
        "format": grid.format,
        "loaders": list(grid.loaders),
        "fixtures": list(grid.fixtures),
        "saves": [{"producer": producer, **_cell(cell)} for producer, cell in grid.saves.items()],
        "loads": [{"producer": producer, "consumer": consumer, **_cell(cell)} for (producer, consumer), cell in grid.cells.items()],
    }


def _fault(row: FaultRow) -> dict[str, Any]:
    columns = {"saves": row.saves, "left": row.left, "loads": row.loads}
    counts = {name: {met.word: met.times for met in words} for name, words in columns.items()}
    where = {name: {met.word: list(met.where) for met in words} for name, words in columns.items()}
    return {"fault": row.fault, "format": row.format, **counts, "where": where}


def _cell(cell: GridCell) -> dict[str, Any]:
    return {
        "passed": cell.passed,
        "total": cell.total,
        "ran": cell.ran,
        "silent": cell.silent,
        "worst": cell.worst,
        "counts": dict(cell.counts),
    }


def group_fields(group: Group) -> dict[str, Any]:
    """Return the fields of a cause."""
    return {
        "cause": group.cause,
        "class": group.class_,
        "remedy": group.remedy,
        "link": group.link,
        "details": dict(group.details),
        "count": group.count,
        "silent": group.silent,
        "confirmed": group.confirmed,
        "reasons": dict(group.reasons),
        "stages": dict(group.stages),
        "formats": dict(group.formats),
        "error": group.error,
        "examples": list(group.examples),
    }


def _blocker(blocker: Blocker) -> dict[str, Any]:
    return {"id": blocker.id, "status": blocker.status, "count": blocker.count}
