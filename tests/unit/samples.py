"""Builders of synthetic runs for the tests of everything that reads runs: any size, any outcome, no files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.model import Cell, Check, CheckResult, ErrorInfo, Footer, Header, Outcome, Reason, Run, Stage, Status

QUICK = (
    "tf2.12-py311",
    "tf2.14-py311",
    "tf2.15-tfa0.23-py311",
    "tf2.16-py311",
    "tf2.18-py311",
    "tf2.21-py311",
)
FULL = (
    "tf1.15-py37",
    *(f"tf2.{minor}-tfa0.{minor + 6}-py37" for minor in range(3)),
    *(f"tf2.{minor}-tfa0.{minor + 10}-py38" for minor in (3, 4)),
    *(f"tf2.{minor}-tfa0.{minor + 10}-py39" for minor in (5, 6, 7, 8)),
    *(f"tf2.{minor}-tfa0.{minor + 10}-py310" for minor in (9, 10, 11)),
    *(f"tf2.{minor}-tfa0.{min(minor + 10, 23)}-py311" for minor in (12, 13, 14, 15)),
    *(f"tf2.{minor}-py312" for minor in (16, 17, 18, 19)),
    *(f"tf2.{minor}-py313" for minor in (20, 21)),
)
FIXTURES = ("sequential", "functional", "embedding_lstm", "custom_layer")
FORMATS = {"h5": ("load-model", "load-weights"), "keras-v3": ("load-model",), "checkpoint": ("checkpoint-restore",)}

HOSTILE = (
    "[bold red]markup[/] | pipe `tick` ```fence``` <script>alert(1)</script> &amp; \x1b[31mred\x1b[0m \x1b]0;title\x07 \x00\x01\xff"
    " \u202eright-to-left\u2066 @someone #1 ![x](http://example.invalid/p.png) *stars* _under_ \\| back"
    "\r\noverwritten\rline\n| a | b |\n|---|---|\n# h"
)


def outcome(cell: Cell, status: Status = Status.PASSED, reason: Reason | None = None, **more: Any) -> Outcome:
    """Return an outcome of a cell, its fields set as the store sets them."""
    return Outcome(
        id=cell.id,
        stage=cell.stage,
        environment=cell.environment,
        producer=cell.environment if cell.stage is Stage.SAVE else cell.producer,
        consumer=cell.environment if cell.stage is Stage.LOAD else None,
        fixture=cell.fixture,
        format=cell.format,
        loader=cell.loader,
        status=status,
        reason=reason,
        **{"attempts": 1, "isolation": "fork", "duration_s": 0.2, **more},
    )


def build(environment: str, status: Status = Status.PASSED, reason: Reason | None = None, **more: Any) -> Outcome:
    """Return the outcome of a build."""
    return outcome(Cell(stage=Stage.BUILD, environment=environment), status, reason, **more)


def save(
    environment: str, fixture: str, format_: str, status: Status = Status.PASSED, reason: Reason | None = None, **more: Any
) -> Outcome:
    """Return the outcome of a save."""
    return outcome(Cell(stage=Stage.SAVE, environment=environment, fixture=fixture, format=format_), status, reason, **more)


def load(
    pair: tuple[str, str],
    fixture: str,
    format_: str,
    loader: str,
    status: Status = Status.PASSED,
    reason: Reason | None = None,
    **more: Any,
) -> Outcome:
    """Return the outcome of a load of a producer's artifact in a consumer."""
    cell = Cell(stage=Stage.LOAD, producer=pair[0], environment=pair[1], fixture=fixture, format=format_, loader=loader)
    return outcome(cell, status, reason, **more)


def error(type_: str = "ValueError", message: str = "Unknown layer: Foo") -> ErrorInfo:
    """Return an exception as the agent reports it."""
    return ErrorInfo(type=type_, message=message, traceback=f"Traceback (most recent call last):\n{type_}: {message}", phase="load")


def run_of(
    *outcomes: Outcome, environments: tuple[str, ...] = QUICK, planned: int | None = None, footer: bool = True, complete: bool = True
) -> Run:
    """Return a run of the given outcomes; without a footer it is one that was killed."""
    by_id = {o.id: o for o in outcomes}
    counts = {status: sum(o.status is status for o in by_id.values()) for status in Status}
    return Run(
        path=Path("reports/runs/20261121-050000-abcd"),
        header=Header(
            run="20261121-050000-abcd",
            started="2026-11-21T05:00:00+00:00",
            engine="local",
            profile="quick",
            matrix="matrix.yaml",
            matrix_sha256="0" * 64,
            runner="0.1.0",
            planned=len(by_id) if planned is None else planned,
            environments={name: {"tensorflow": name.split("-")[0][2:] + ".1", "python": "3.11"} for name in environments},
            schema=1,
        ),
        outcomes=by_id,
        footer=Footer(finished="2026-11-21T05:04:30+00:00", complete=complete, counts=counts, duration_s=270.0) if footer else None,
    )


def full_run(environments: tuple[str, ...] = QUICK, **more: Any) -> Run:
    """Return a run of all pairs with a bit of everything: Keras borders, silent and loud failures, blocked, errored, unsupported."""
    keras3 = {name for name in environments if int(name.split("-")[0].partition(".")[2]) >= 16 and not name.startswith("tf1")}
    found: list[Outcome] = [build(name) for name in environments]
    for producer in environments:
        for fixture in FIXTURES:
            for format_, loaders in FORMATS.items():
                saved = _save(producer, fixture, format_, old=producer not in keras3)
                found.append(saved)
                found += [_load((producer, consumer), saved, loader, keras3) for consumer in environments for loader in loaders]
    return run_of(*found, environments=environments, **more)


def _save(producer: str, fixture: str, format_: str, *, old: bool) -> Outcome:
    if format_ == "keras-v3" and old and producer.startswith(("tf1.", "tf2.0", "tf2.1-", "tf2.2-", "tf2.3", "tf2.4")):
        return save(producer, fixture, format_, Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED)
    if format_ == "h5" and fixture == "custom_layer" and producer.startswith("tf2.14"):
        raised = error("NotImplementedError", "Layer Scale has arguments in `__init__` and therefore must override `get_config`.")
        return save(producer, fixture, format_, Status.FAILED, Reason.SAVE_RAISED, error=raised, confirmed=True)
    return save(producer, fixture, format_)


def _load(pair: tuple[str, str], saved: Outcome, loader: str, keras3: set[str]) -> Outcome:
    fixture, format_ = str(saved.fixture), str(saved.format)
    if saved.status is not Status.PASSED:
        return load(pair, fixture, format_, loader, Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=saved.id)
    border = (pair[0] in keras3) - (pair[1] in keras3)
    passed = {Check.LOADED: CheckResult.PASSED, Check.WEIGHTS: CheckResult.PASSED, Check.OUTPUTS: CheckResult.PASSED}
    if format_ == "h5" and loader == "load-model" and border == 1:
        message = "Error when deserializing class 'InputLayer'.\n\nException encountered: Unrecognized keyword arguments: ['batch_shape']"
        return load(pair, fixture, format_, loader, Status.FAILED, Reason.LOAD_RAISED, error=error("TypeError", message), confirmed=True)
    if format_ == "h5" and loader == "load-model" and border == -1 and fixture == "functional":
        return load(pair, fixture, format_, loader, Status.DEGRADED, Reason.OPTIMIZER_LOST, checks=passed)
    if format_ == "checkpoint" and border:
        lost = {**passed, Check.WEIGHTS: CheckResult.FAILED, Check.OUTPUTS: CheckResult.FAILED}
        return load(
            pair, fixture, format_, loader, Status.FAILED, Reason.WEIGHTS_DIFFER, checks=lost, differences={"outputs": 0.73}, confirmed=True
        )
    if format_ == "keras-v3" and border and fixture == "embedding_lstm":
        message = "Could not deserialize something nobody has seen before at 0x7f93fc9b2940"
        return load(pair, fixture, format_, loader, Status.FAILED, Reason.LOAD_RAISED, error=error("RuntimeError", message))
    if format_ == "keras-v3" and fixture == "custom_layer" and pair[0] == pair[1] and pair[0].startswith("tf2.18"):
        return load(pair, fixture, format_, loader, Status.ERRORED, Reason.BAD_RESULT)
    return load(pair, fixture, format_, loader, checks=passed, differences={"outputs": 0.0})
