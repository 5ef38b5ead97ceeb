"""Running a plan as the commands do: with an engine made for it, progress on the screen, and what it is held against kept beside it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

from rich.console import Console

from runner import baselines
from runner.engines import make_engine
from runner.engines.base import Engine
from runner.executor import execute
from runner.expectations import Expectations
from runner.expecting import expected
from runner.model import Isolation, Run
from runner.plan import Plan
from runner.progress import watch
from runner.store import RunStore

MakeEngine = Callable[[Plan], Engine]


def engine_of(name: str, plan: Plan) -> Engine:
    """Return the engine that a plan is run with."""
    spec = plan.selection.spec
    return make_engine(name, locks=spec.locks, settings=spec.images, limits=spec.limits, environments=plan.environments.values())


def run_plan(
    plan: Plan,
    engine: MakeEngine,
    store: RunStore,
    console: Console,
    *,
    jobs: int | None,
    fresh: bool,
    command: tuple[str, ...],
    isolation: Isolation = "shared",
    baseline: str | None = None,
) -> tuple[Run, Expectations]:
    """Run a plan and return the run and what it is held against. Raises UsageError for a baseline that is not there, before it begins."""
    spec = plan.selection.spec
    expectations = expected(plan.selection, baseline, store)
    if expectations.baseline is not None and (doubt := baselines.cut_short(expectations.baseline)):
        console.print(f"beware: {doubt}", markup=False, highlight=False, soft_wrap=True)
    with closing(engine(plan)) as made, watch(console) as on_event:
        run = execute(
            plan,
            made,
            store,
            jobs=jobs or spec.jobs,
            memory_mb=spec.memory_mb,
            isolation=isolation,
            fresh=fresh,
            on_event=on_event,
            command=command,
        )
    baselines.keep(run, expectations)
    return run, expectations
