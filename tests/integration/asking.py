"""Agents of real environments that are asked cell by cell, without a runner around them: nothing is confirmed, nothing taken over."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner.classify import outcome_of
from runner.engines import make_engine
from runner.engines.agent import Agent
from runner.engines.base import Engine, Prepared
from runner.model import Cell, Isolation, Outcome, Stage, Status
from runner.plan import Plan, make_plan
from runner.protocol import build_request, read_result
from runner.selection import select
from runner.spec import load_matrix

SECONDS = 200.0


def ask(agent: Agent, plan: Plan, cell: Cell, artifact: Path, scratch: Path) -> Outcome:
    """Run one cell as it comes, without confirming anything."""
    assert cell.fixture is not None
    spec = plan.selection.spec
    scratch.mkdir(parents=True)
    fixture = plan.fixtures[cell.fixture]
    request = build_request(cell, fixture=fixture, limits=spec.limits, tolerances=spec.tolerances, artifact=artifact, scratch=scratch)
    (scratch / "request.json").write_text(json.dumps(request))
    agent.ask({"request": str(scratch / "request.json")})
    deadline = time.monotonic() + SECONDS
    while (event := agent.next_event(deadline - time.monotonic())) is not None and event["event"] != "done":
        pass
    assert event is not None, agent.stderr_tail()
    return outcome_of(cell, read_result(Path(request["result"]), cell_id=cell.id), isolation="shared")


def cells(agent: Agent, plan: Plan, wanted: Iterator[Cell], place: Path, scratch: Path) -> Iterator[Outcome]:
    """Run cells one after another; artifacts lie in `place`."""
    for number, cell in enumerate(wanted):
        save = cell if cell.stage is Stage.SAVE else cell.needs[0]
        yield ask(agent, plan, cell, place / save.id.replace("/", "+"), scratch / str(number))


def started(engine: Engine, prepared: Prepared, scratch: Path, isolation: Isolation) -> Agent:
    """Start an agent and wait until it is ready."""
    agent = engine.start(prepared, scratch=scratch, isolation=isolation, threads=1, memory_mb=4000)
    event = agent.next_event(SECONDS)
    assert event is not None, agent.stderr_tail()
    assert event["event"] == "ready", event
    return agent


def asked(matrix: Path, profile: str, place: Path) -> dict[str, Outcome]:
    """Save and load what a profile selects, in each environment by itself, two at a time; loads of failed saves are left out."""
    spec = load_matrix(matrix)
    engine = make_engine("local", locks=spec.locks)

    def of(environment: str) -> dict[str, Outcome]:
        plan = make_plan(select(spec, profile=profile, from_=(environment,), to=(environment,)))
        scratch = place / environment
        with started(engine, engine.prepare(plan.environments[environment]), scratch, "shared") as agent:
            saves = (cell for cell in plan.cells if cell.stage is Stage.SAVE)
            found = {item.id: item for item in cells(agent, plan, saves, place, scratch / "saves")}
            loads = (cell for cell in plan.cells if cell.stage is Stage.LOAD and found[cell.needs[0].id].status is Status.PASSED)
            return found | {item.id: item for item in cells(agent, plan, loads, place, scratch / "loads")}

    try:
        with ThreadPoolExecutor(2) as pool:
            names = [environment.id for environment in select(spec, profile=profile).environments]
            return {cell: outcome for found in pool.map(of, names) for cell, outcome in found.items() if not outcome.canary}
    finally:
        engine.close()
