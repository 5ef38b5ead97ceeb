"""The command `reproduce`: one cell again, alone, in a fresh process, with everything it prints on the screen."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from runner.classify import outcome_of
from runner.engines import make_engine
from runner.engines.base import Engine
from runner.errors import EngineFault, RunnerError, UsageError
from runner.executor import key_ring
from runner.model import Cell, Outcome, Reason, Stage, Status
from runner.nearest import did_you_mean
from runner.plan import Plan, make_plan
from runner.protocol import BadResult, build_request, read_result
from runner.reports.clean import clean
from runner.reports.next_steps import options, show_command
from runner.selection import select
from runner.spec import MatrixSpec, load_matrix
from runner.store import RunStore

LOOK_S = 0.2
GRACE_S = 120.0
THREADS = 2


def reproduce(cell_id: str, *, matrix: Path, engine: str, reports: Path, console: Console, command: tuple[str, ...]) -> int:
    """Run the cell and print its output and outcome. Returns 4 when it errored, else 0: a failure is what one wanted to see."""
    plan, cell = find_cell(load_matrix(matrix), cell_id)
    store = RunStore(reports)
    spec = plan.selection.spec
    wanted = (cell.environment, cell.producer or cell.environment)
    environments = [plan.environments[name] for name in dict.fromkeys(wanted)]
    made = make_engine(_as_recorded(engine, store), locks=spec.locks, settings=spec.images, limits=spec.limits, environments=environments)
    with closing(made) as maker, tempfile.TemporaryDirectory(prefix="tfmatrix-reproduce-") as folder:
        place = Path(folder)
        if cell.stage is Stage.BUILD:
            console.print(json.dumps(maker.prepare(plan.environments[cell.environment]).facts, indent=2), highlight=False, markup=False)
            return 0
        artifact = _artifact(plan, cell, maker, store, place, console)
        outcome = run_alone(plan, cell, maker, artifact, place / "cell", console)
    # Where runs are kept decides the options, not which run it is.
    _tell(outcome, console, show_command(cell_id, options(store.runs / "newest" / "run.jsonl", str(matrix)), command=command))
    return 4 if outcome.status is Status.ERRORED else 0


def _as_recorded(engine: str, store: RunStore) -> str:
    """Return the engine to use: where it is left to us, that of the newest run, whose cell this is most likely about."""
    if engine != "auto":
        return engine
    try:
        return store.latest().header.engine
    except RunnerError:
        return engine


def find_cell(spec: MatrixSpec, cell_id: str) -> tuple[Plan, Cell]:
    """Return the cell with a plan that has it, from whichever profile. Raises UsageError with the nearest ids."""
    known: list[str] = []
    for profile in spec.profiles:
        plan = make_plan(select(spec, profile=profile.name))
        for cell in plan.cells:
            if cell.id == cell_id:
                return plan, cell
        known += [cell.id for cell in plan.cells if cell.id.split("/")[0] == cell_id.split("/")[0]][:5000]
    raise UsageError(f"no cell {cell_id!r} in any profile of {spec.path}; {did_you_mean(cell_id, known)}")


def _artifact(plan: Plan, cell: Cell, engine: Engine, store: RunStore, place: Path, console: Console) -> Path:
    """Return the directory the cell writes to, or the artifact it reads: the kept one, or one saved anew."""
    if cell.stage is Stage.SAVE:
        return place / "artifact"
    save = cell.needs[0]
    key = key_ring(plan, engine).key(save)
    if key and store.artifacts.holds(key):
        return store.artifacts.path(key)
    console.print(f"the artifact is not kept any more: {save.id} comes first", highlight=False, markup=False)
    outcome = run_alone(plan, save, engine, place / "artifact", place / "save", console)
    if outcome.status not in (Status.PASSED, Status.DEGRADED):
        raise EngineFault(Reason.BLOCKED_BY, f"{save.id} is {outcome.status}: {outcome.reason}; there is nothing to load")
    return place / "artifact"


def run_alone(plan: Plan, cell: Cell, engine: Engine, artifact: Path, place: Path, console: Console) -> Outcome:
    """Run one save or load in a fresh interpreter, copying its log to the console as it grows."""
    assert cell.fixture is not None
    spec = plan.selection.spec
    environments = {environment.id: environment for environment in spec.environments}
    prepared = engine.prepare(environments[cell.environment])
    (place / "work").mkdir(parents=True)
    artifact.mkdir(exist_ok=True)
    request = build_request(
        cell,
        fixture=plan.fixtures[cell.fixture],
        limits=replace(spec.limits, seconds=spec.limits.seconds + GRACE_S),
        tolerances=spec.tolerances,
        artifact=artifact,
        scratch=place,
    )
    path = place / "request.json"
    path.write_text(json.dumps(request), encoding="utf-8")
    shown = 0
    with engine.start(
        prepared, scratch=place / "agent", isolation="process", threads=THREADS, memory_mb=2 * spec.limits.memory_mb
    ) as agent:
        agent.ask({"request": str(path)})
        while True:
            try:
                event = agent.next_event(LOOK_S)
            except TimeoutError:
                shown = _copy(Path(request["log"]), shown, console)
                continue
            if event is None:
                raise EngineFault(Reason.AGENT_LOST, f"the agent ended in the middle of {cell.id}", agent.stderr_tail())
            if event.get("event") == "done":
                break
    _copy(Path(request["log"]), shown, console)
    try:
        result = read_result(Path(request["result"]), cell_id=cell.id)
    except BadResult as error:
        raise EngineFault(Reason.BAD_RESULT, f"{cell.id}: {error}") from error
    shutil.rmtree(place / "agent", ignore_errors=True)
    return outcome_of(cell, result, isolation="process")


def _copy(log: Path, start: int, console: Console) -> int:
    """Print what a log has from byte `start` on and return where it ends now."""
    try:
        with log.open("rb") as stream:
            stream.seek(start)
            data = stream.read()
    except OSError:
        return start
    if data:
        console.file.write(clean(data.decode("utf-8", "replace")))
        console.file.flush()
    return start + len(data)


def _tell(outcome: Outcome, console: Console, command: str) -> None:
    said = f"{outcome.id}: {outcome.status}" + (f": {outcome.reason}" if outcome.reason else "")
    console.rule()
    console.print(said, highlight=False, markup=False, soft_wrap=True)
    for check, result in outcome.checks.items():
        gap = outcome.differences.get(str(check))
        console.print(
            f"  {check}: {result}" + (f", largest difference {gap:.3g}" if gap is not None else ""), highlight=False, markup=False
        )
    if outcome.error:
        console.print(f"  {outcome.error.type}: {clean(outcome.error.message)[:1000]}", highlight=False, markup=False, soft_wrap=True)
    console.print(f"what was recorded: {command}", highlight=False, markup=False, soft_wrap=True)
