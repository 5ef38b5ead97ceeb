"""A run from beginning to end: what is known already, the header, the walk through the plan, the footer.

Whatever ends a run (the last cell, Ctrl-C, SIGTERM, a full disk, kill -9), what was written stays, and the same command
goes on from there: cells are known by what they depend on and not by the run they ran in.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from runner import __version__, machine
from runner.engines.base import Engine
from runner.errors import EngineFault, Interrupted
from runner.events import Note, OnEvent, RunFinished, RunStarted, ignore
from runner.keys import KeyRing, source_hashes, state_of, tree_hash
from runner.model import Footer, Header, Isolation, Outcome, Run, Stage, Status
from runner.plan import Plan, expected_seconds
from runner.reuse import reusable
from runner.store import LOCK, RunStore, RunWriter, is_locked, new_run_id
from runner.walk import Resources, Stop, Walk
from runner.worker import Bench

AGENT_MB = 500
"""What an agent holds that has imported TensorFlow and waits."""

CELL_MB = 500
"""What a cell at work needs besides, for a model of the usual small size."""

MEMORY_SHARE = 0.7


def resources(*, jobs: int | None, memory_mb: int | None) -> Resources:
    """Return how many agents may work and be alive at a time; None means all cores and 70 % of the memory."""
    budget = memory_mb if memory_mb is not None else int(machine.memory_mb() * MEMORY_SHARE)
    slots = max(1, min(jobs if jobs is not None else machine.cores(), budget // (AGENT_MB + CELL_MB)))
    return Resources(slots=slots, room=max(slots, (budget - slots * CELL_MB) // AGENT_MB))


def key_ring(plan: Plan, engine: Engine) -> KeyRing:
    """Return what gives the cells of a plan their keys, before anything is built. An environment in doubt has no fingerprint."""
    fingerprints = {}
    for environment in plan.environments.values():
        with contextlib.suppress(EngineFault):
            fingerprints[environment.id] = engine.fingerprint(environment)
    fixtures = plan.fixtures
    return KeyRing(
        fingerprints=fingerprints,
        fixtures=fixtures,
        sources=source_hashes(fixtures.values()),
        agent=tree_hash(),
        limits=plan.selection.spec.limits,
        tolerances=plan.selection.spec.tolerances,
    )


def known_outcomes(plan: Plan, ring: KeyRing, store: RunStore) -> dict[str, Outcome]:
    """Return by cell id the outcomes of earlier runs that a run of this plan would take over."""
    keys = {cell.id: ring.key(cell) for cell in plan.cells}
    return reusable(plan, keys, store.known(keys.values()), store.artifacts.holds)


def execute(
    plan: Plan,
    engine: Engine,
    store: RunStore,
    *,
    jobs: int | None = None,
    memory_mb: int | None = None,
    isolation: Isolation = "shared",
    fresh: bool = False,
    on_event: OnEvent = ignore,
    command: tuple[str, ...] = (),
    stop: threading.Event | None = None,
) -> Run:
    """Run a plan and return the finished run; outcomes of earlier runs are taken over unless `fresh`.

    Setting `stop`, SIGINT and SIGTERM end the run early: Interrupted, with the way to go on. Raises StoreFault when the
    reports directory cannot be written, SourceChanged when the agent or a fixture is edited meanwhile.
    """
    started = time.monotonic()
    _sweep(store)
    # Before the hashes are taken: what changes between is seen.
    sources = state_of(plan.fixtures.values())
    ring = key_ring(plan, engine)
    known = {} if fresh else known_outcomes(plan, ring, store)
    with _new_run(store) as writer:
        name = writer.directory.name
        header = _header(name, plan, engine, ring, command)
        writer.append(header)
        limits = resources(jobs=jobs, memory_mb=memory_mb)
        walk = Walk(
            plan=plan,
            engine=engine,
            writer=writer,
            ring=ring,
            bench=_bench(plan, store, name, limits, fresh=fresh),
            resources=limits,
            isolation=isolation,
            on_event=on_event,
            stop=stop or threading.Event(),
            sources=sources,
        )
        unknown = tuple(cell for cell in plan.cells if cell.id not in known)
        seconds = expected_seconds(unknown, store.durations(), jobs=limits.slots)
        note = _note(plan, known)
        on_event(RunStarted(name, writer.path, len(plan.cells), reused=len(known), note=note, canaries=plan.canaries, seconds=seconds))
        if engine.facts.get("why"):
            on_event(Note(f"{engine.name} engine: {engine.facts['why']}"))
        try:
            with _signals(walk):
                walk.take_over(list(known.values()))
                walk.go()
        except KeyboardInterrupt:
            walk.stop.set()
        finally:
            shutil.rmtree(walk.bench.scratch, ignore_errors=True)
        footer = _footer(walk, reused=len(known), seconds=time.monotonic() - started)
        writer.append(footer)
        on_event(RunFinished(footer))
    if not footer.complete:
        left = len(plan.cells) - len(walk.outcomes)
        raise Interrupted(
            f"interrupted: {left} of {len(plan.cells)} cells were not run; the others are kept in {writer.path}. "
            "The same command goes on from there"
        )
    return Run(path=writer.path, header=header, outcomes=dict(walk.outcomes), footer=footer)


def _bench(plan: Plan, store: RunStore, run: str, limits: Resources, *, fresh: bool) -> Bench:
    return Bench(
        fixtures=plan.fixtures,
        limits=plan.selection.spec.limits,
        tolerances=plan.selection.spec.tolerances,
        artifacts=store.artifacts,
        scratch=store.scratch / run,
        threads=max(1, machine.cores() // limits.slots),
        replace=fresh,
    )


def _new_run(store: RunStore) -> RunWriter:
    for _ in range(20):
        with contextlib.suppress(FileExistsError):
            return store.create(new_run_id())
    raise AssertionError("no free run id in twenty tries")


def _sweep(store: RunStore) -> None:
    """Remove what runs that were killed left in the scratch directory and in the artifact store."""
    store.artifacts.sweep()
    for left in store.scratch.glob("*"):
        if not is_locked(store.runs / left.name / LOCK):
            shutil.rmtree(left, ignore_errors=True)


def _header(run: str, plan: Plan, engine: Engine, ring: KeyRing, command: tuple[str, ...]) -> Header:
    environments = {}
    for environment in plan.environments.values():
        fields = {name: value for name, value in asdict(environment).items() if value not in (None, ()) and name != "id"}
        environments[environment.id] = {**fields, "fingerprint": ring.fingerprints.get(environment.id, "")}
    return Header(
        run=run,
        started=_now(),
        engine=engine.name,
        profile=plan.selection.profile,
        matrix=str(plan.selection.spec.path),
        matrix_sha256=plan.selection.spec.sha256,
        runner=__version__,
        planned=len(plan.cells),
        canaries=plan.canaries,
        environments=environments,
        command=command,
        machine=machine.describe(),
        engine_facts=engine.facts,
        notes=plan.selection.notes,
        shard=plan.shard,
        inputs=ring.inputs(),
    )


def _footer(walk: Walk, *, reused: int, seconds: float) -> Footer:
    counts = Counter(outcome.status for outcome in walk.outcomes.values())
    missing = len(walk.plan.cells) - len(walk.outcomes)
    if missing:
        counts[Status.NOT_RUN] += missing
    return Footer(
        finished=_now(),
        complete=walk.complete,
        counts={status: counts[status] for status in Status if counts[status]},
        reused=reused,
        duration_s=round(seconds, 3),
    )


def _note(plan: Plan, known: dict[str, Outcome]) -> str:
    """Return one line on what is taken over, "" when nothing is."""
    if not known:
        return ""
    if _nothing_to_do(plan, known):
        return "nothing has changed since: nothing is run again (--fresh runs everything)"
    return f"{len(known)} of {len(plan.cells)} cells are taken over from earlier runs (--fresh runs everything)"


def _nothing_to_do(plan: Plan, known: dict[str, Outcome]) -> bool:
    return all(cell.id in known for cell in plan.cells if cell.stage is Stage.BUILD)


@contextlib.contextmanager
def _signals(walk: Walk) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the walk between two steps; a second Ctrl-C ends it wherever it is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: Any) -> None:
        if walk.stop.is_set():
            raise KeyboardInterrupt
        walk.stop.set()
        walk.mailbox.put(Stop())

    earlier = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
