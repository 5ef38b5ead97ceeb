"""The command `bench`: the same load cells in one run, by fresh processes, by this runner, and as bare work in one warm process.

Artifacts are saved first, and a trial run shows which loads pass; neither is timed. Everything happens in a temporary
directory that is gone afterwards, whatever happens.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from packaging.version import Version
from rich.console import Console

from runner import machine
from runner.benchmark import choice, table, ways
from runner.benchmark.figures import Figures
from runner.benchmark.setting_up import measure_setup
from runner.engines import make_engine
from runner.engines.base import Engine
from runner.errors import NothingSelected, UsageError
from runner.executor import execute, key_ring
from runner.model import Environment, Stage
from runner.nearest import did_you_mean
from runner.plan import Plan, make_plan
from runner.selection import select
from runner.spec import MatrixSpec, load_matrix
from runner.store import RunStore

SPARE = 1.6
"""So many times the cells asked for are tried, so that enough of them pass."""


def bench(*, matrix: Path, environment: str | None, engine: str, cells: int, fresh: int, setup: bool, console: Console) -> int:
    """Measure and print, on the local or the docker engine. Returns 0, or 4 when the ways did not do the same work.

    `cells` is how many loads are measured, `fresh` for how many of them there is a process, or a container, each: most of that time is
    the same for all.
    """
    spec = load_matrix(matrix)
    chosen = choose_environment(spec, environment)
    load = os.getloadavg()[0]
    with _interruptible(), tempfile.TemporaryDirectory(prefix="tfmatrix-bench-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        with closing(make_engine(engine, locks=spec.locks, settings=spec.images, limits=spec.limits, environments=[chosen])) as made:
            ground = _prepare(_plan(spec, chosen), made, place, cells, console)
            figures = _measure(ground, load, fresh, console)
        if setup and figures.engine == "local":
            _say(console, "set-up, by the engine and by pip")
            figures = Figures(**{**vars(figures), "setup": measure_setup(chosen, spec.locks, place / "setup")})
    console.print(table.table(figures, ascii_only=not console.is_terminal))
    for line in table.lines(figures):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return 0 if figures.same_work else 4


def choose_environment(spec: MatrixSpec, asked: str | None) -> Environment:
    """Return the environment asked for, or of those with the newest TensorFlow the one that can be measured best. Raises UsageError."""
    known = {environment.id: environment for environment in spec.environments}
    if asked is not None:
        if asked not in known:
            raise UsageError(f"--env {asked}: no such environment in {spec.path}; {did_you_mean(asked, known)}")
        return known[asked]
    profiled = {name for profile in spec.profiles for name in profile.environments}
    default = [known[name] for name in known if name in profiled and known[name].pinned and not known[name].channel]
    if not default:
        raise UsageError(f"{spec.path}: no environment of its profiles has a lock: give one with --env")
    newest = max(Version(environment.tensorflow) for environment in default)
    # With many cells the start of the agents weighs as little as it does in a real run.
    return max((one for one in default if Version(one.tensorflow) == newest), key=lambda one: len(_plan(spec, one).cells))


def _plan(spec: MatrixSpec, environment: Environment) -> Plan:
    """Return the plan of everything that the environment saves for itself, in the profile in which that is most."""
    having = [profile.name for profile in spec.profiles if environment.id in profile.environments]
    if not having:
        raise UsageError(f"--env {environment.id}: no profile of {spec.path} has it")
    only = (environment.id,)
    plans = [make_plan(replace(select(spec, profile=name, from_=only, to=only), canaries=())) for name in having]
    return max(plans, key=lambda plan: len(plan.cells))


def _prepare(plan: Plan, engine: Engine, place: Path, cells: int, console: Console) -> ways.Ground:
    """Save what may be loaded, try which loads pass, and choose among them. Not timed."""
    (environment,) = plan.environments.values()
    prepared = engine.prepare(environment)
    wanted = choice.spread(cell for cell in plan.cells if cell.stage is Stage.LOAD)[: int(cells * SPARE) + 4]
    needed = choice.with_needs(plan, wanted)
    saves = replace(needed, cells=tuple(cell for cell in needed.cells if cell.stage is not Stage.LOAD))
    _say(console, f"{environment.id}: saving what {len(wanted)} loads read (not timed)")
    store = RunStore(place / "reports")
    candidates = choice.readable(wanted, execute(saves, engine, store).outcomes.values())
    _say(console, f"trying {len(candidates)} loads, to measure with some that pass (not timed)")
    # In a copy of the reports, so that the measured run does not know the outcomes.
    shutil.copytree(store.reports, place / "trial")
    tried = execute(choice.with_needs(plan, candidates), engine, RunStore(place / "trial"))
    loads = choice.passing(candidates, tried.outcomes.values(), cells)
    if not loads:
        raise NothingSelected(f"no load of {environment.id} passes: there is nothing to measure; `run --env {environment.id}` says why")
    return ways.Ground(
        plan=plan,
        loads=tuple(loads),
        engine=engine,
        prepared=prepared,
        store=store,
        ring=key_ring(plan, engine),
        cores=machine.cores(),
        place=place / "ways",
    )


def _measure(ground: ways.Ground, load: float, fresh_cells: int, console: Console) -> Figures:
    bare, imported = None, None
    environment, engine = ground.prepared.environment.id, ground.engine.name
    if engine == "local":
        _say(console, f"{len(ground.loads)} loads as bare work in one warm process")
        bare, imported, without = ways.bare(ground)
        if without:
            _say(console, f"left out of every way, as they do not pass in a warm process: {', '.join(cell.id for cell in without)}")
            ground = replace(ground, loads=tuple(cell for cell in ground.loads if cell not in without))
        if not ground.loads:
            raise NothingSelected(f"no load of {environment} passes in a warm process: there is nothing to measure")
    _say(console, f"{len(ground.loads)} loads by this runner")
    runner, _ = ways.with_runner(ground)
    part = replace(ground, loads=choice.part(ground.loads, fresh_cells))
    count = len(part.loads)
    if engine != "local":
        _say(console, f"{count} loads in a container for each")
        fresh = ways.with_fresh_containers(part)
        return Figures(
            environment=environment, cores=ground.cores, load_before=load, fresh=fresh, fresh_parallel=None, runner=runner, engine=engine
        )
    _say(console, f"{count} loads by a fresh process for each, one after the other")
    fresh = ways.with_fresh_processes(part, jobs=1)
    parallel = None
    if ground.cores > 1:
        _say(console, f"{count} loads by fresh processes, {ground.cores} at a time")
        parallel = ways.with_fresh_processes(part, jobs=ground.cores)
    return Figures(
        environment=environment,
        cores=ground.cores,
        load_before=load,
        fresh=fresh,
        fresh_parallel=parallel,
        runner=runner,
        bare=bare,
        import_seconds=imported,
    )


def _say(console: Console, text: str) -> None:
    console.print(f"bench: {text}", highlight=False, markup=False, soft_wrap=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does, so that what it made is removed."""

    def stop(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    earlier = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)
