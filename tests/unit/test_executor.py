"""The executor, driven with scripted agents: order, confirmation, reuse, interruption."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner import diagnose, worker
from runner.errors import Interrupted
from runner.events import CellDone, Event, RunStarted
from runner.executor import execute, resources
from runner.model import Cell, Limits, Outcome, Reason, Run, Stage, Status
from runner.plan import Plan, make_plan
from runner.schedule import GOOD
from runner.store import RunStore, StoreFault
from runner.walk import SourceChanged
from tests.unit.engine_in_memory import Answer, Asked, MemoryEngine, Script, crashed, fault, good, raised, well
from tests.unit.plans import fixture, selection

LOAD = "load/a/b/sequential/h5/load-model"
SAVE = "save/a/sequential/h5"


def small(**more: Any) -> Plan:
    """One save, one load, two environments."""
    return make_plan(selection(**{"pairs": (("a", "b"),), "formats": (("h5", ("load-model",)),), **more}))


def run(plan: Plan, engine: MemoryEngine, path: Path, **more: Any) -> Run:
    return execute(plan, engine, RunStore(path), **{"jobs": 2, "memory_mb": 8000, **more})


def status(found: Run, cell: str) -> tuple[Status, Reason | None]:
    return found.outcomes[cell].status, found.outcomes[cell].reason


def on(cell: str, *answers: Callable[[Asked], Answer] | Answer) -> Script:
    """Answer the attempts at one cell in order, the last answer for all later ones; everything else passes."""

    def script(asked: Asked) -> Answer:
        if asked.id != cell:
            return well(asked)
        answer = answers[min(asked.attempt, len(answers)) - 1]
        return answer(asked) if callable(answer) else answer

    return script


def fails(message: str = "no") -> Callable[[Asked], Answer]:
    return lambda asked: raised(asked.request, message)


def dies(asked: Asked) -> Answer:
    return crashed(asked.request)


def hangs(asked: Asked) -> Answer:
    return under_fault({**crashed(asked.request), "ended": "timeout", "signal": 9})


def under_fault(answer: Answer) -> Answer:
    assert isinstance(answer, dict)
    return {**answer, "fault": {"kind": "out_of_memory", "armed": True}}


def test_everything_passes_and_is_written(tmp_path: Path) -> None:
    plan = make_plan(selection(("a", "b", "c")))
    engine = MemoryEngine()
    found = run(plan, engine, tmp_path)
    assert list(map(str, {outcome.status for outcome in found.outcomes.values()})) == ["passed"]
    assert set(found.outcomes) == {cell.id for cell in plan.cells}
    read = RunStore(tmp_path).latest()
    assert read.outcomes == found.outcomes
    assert read.footer == found.footer
    assert read.complete
    assert engine.alive == 0
    assert not list((tmp_path / "scratch").iterdir())
    assert read.outcomes["build/a"].notes["facts"] == {"tensorflow": "2.15.1"}


def test_limits_of_parallelism(tmp_path: Path) -> None:
    engine = MemoryEngine()
    run(make_plan(selection(("a", "b", "c"))), engine, tmp_path, jobs=1, memory_mb=100)
    assert engine.peak_busy == 1
    assert resources(jobs=8, memory_mb=3000).slots == 3
    assert resources(jobs=1, memory_mb=8000).room > 1
    assert resources(jobs=None, memory_mb=None).slots >= 1


def test_an_environment_that_cannot_be_built_blocks_only_its_own_cells(tmp_path: Path) -> None:
    engine = MemoryEngine(faults={"b": fault()})
    found = run(make_plan(selection(("a", "b", "c"))), engine, tmp_path)
    assert status(found, "build/b") == (Status.ERRORED, Reason.INTERPRETER_MISSING)
    assert "install it" in found.outcomes["build/b"].notes["why"]
    assert engine.prepared.count("b") == 1
    for outcome in found.outcomes.values():
        touches = "b" in (outcome.environment, outcome.producer)
        assert (outcome.status is Status.PASSED) == (not touches)
    assert found.outcomes["save/b/sequential/h5"].blocked_by == "build/b"
    assert found.outcomes["load/b/a/sequential/h5/load-model"].blocked_by == "save/b/sequential/h5"
    assert found.outcomes["load/a/b/sequential/h5/load-model"].blocked_by == "build/b"


def test_a_fault_that_may_be_spurious_is_met_with_one_more_try(tmp_path: Path) -> None:
    engine = MemoryEngine(faults={"b": fault(Reason.INSTALL_FAILED)})
    found = run(small(), engine, tmp_path)
    assert engine.prepared.count("b") == 2
    assert found.outcomes["build/b"].attempts == 2


def test_a_failure_is_confirmed_in_a_fresh_process(tmp_path: Path) -> None:
    engine = MemoryEngine(on(LOAD, fails()))
    outcome = run(small(), engine, tmp_path).outcomes[LOAD]
    assert (outcome.status, outcome.reason, outcome.confirmed, outcome.attempts) == (Status.FAILED, Reason.LOAD_RAISED, True, 2)
    assert [asked.isolation for asked in engine.asked if asked.id == LOAD] == ["shared", "process"]


def test_a_failure_that_does_not_come_again_is_flaky(tmp_path: Path) -> None:
    engine = MemoryEngine(on(LOAD, fails(), well))
    outcome = run(small(), engine, tmp_path).outcomes[LOAD]
    assert (outcome.status, outcome.reason, outcome.confirmed) == (Status.ERRORED, Reason.FLAKY, False)
    assert [attempt["status"] for attempt in outcome.notes["attempts"]] == ["failed", "passed"]


@pytest.mark.parametrize("first", [hangs, dies], ids=["hung", "crashed"])
def test_a_save_that_hangs_of_its_fault_and_then_raises_is_no_flaky_one(tmp_path: Path, first: Callable[[Asked], Answer]) -> None:
    engine = MemoryEngine(on(SAVE, first, lambda asked: under_fault(fails()(asked))))
    found = run(small(fixtures=(fixture(fault="out_of_memory"),)), engine, tmp_path)
    assert status(found, SAVE) == (Status.PASSED, None)
    assert found.outcomes[SAVE].notes["fault"]["save"].startswith("raised")
    assert len(found.outcomes[SAVE].notes["attempts"]) == found.outcomes[SAVE].attempts


def test_a_save_that_says_nothing_of_its_fault_and_then_raises_is_flaky(tmp_path: Path) -> None:
    def silent(asked: Asked) -> Answer:
        return under_fault({**good(asked.request), "findings": ["artifact-incomplete"]})

    engine = MemoryEngine(on(SAVE, silent, lambda asked: under_fault(fails()(asked))))
    found = run(small(fixtures=(fixture(fault="out_of_memory"),)), engine, tmp_path)
    assert status(found, SAVE) == (Status.ERRORED, Reason.FLAKY)


def test_failures_are_written_with_their_diagnosis_and_it_is_made_anew_when_they_are_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = MemoryEngine(on(LOAD, fails("Op type not registered 'Odd' in binary")))
    first = run(small(), engine, tmp_path)
    diagnosis = RunStore(tmp_path).read(first.header.run).outcomes[LOAD].diagnosis
    assert diagnosis is not None
    assert (diagnosis.class_, diagnosis.detail, diagnosis.link[:19]) == ("op-unknown", "Odd", "https://github.com/")
    assert first.outcomes[SAVE].diagnosis is None
    monkeypatch.setattr(diagnose, "RULES", ())
    again = run(small(), engine, tmp_path).outcomes[LOAD]
    assert again.reused_from == first.header.run
    assert again.diagnosis == diagnose.UNKNOWN


def test_each_distinct_failure_is_confirmed_once(tmp_path: Path) -> None:
    fixtures = tuple(fixture(name) for name in ("f1", "f2", "f3", "f4"))

    def script(asked: Asked) -> Answer:
        return (
            raised(asked.request, f"at 0x{asked.attempt}f{len(asked.id)} in /tmp/x{asked.attempt}/y")
            if asked.id.startswith("load")
            else well(asked)
        )

    engine = MemoryEngine(script)
    found = run(small(fixtures=fixtures), engine, tmp_path)
    loads = [outcome for outcome in found.outcomes.values() if outcome.stage is Stage.LOAD]
    assert {outcome.status for outcome in loads} == {Status.FAILED}
    assert all(outcome.confirmed for outcome in loads)
    assert sorted(outcome.attempts for outcome in loads) == [1, 1, 1, 2]
    representative = next(outcome.id for outcome in loads if outcome.attempts == 2)
    assert {outcome.notes.get("confirmed_by") for outcome in loads} == {None, representative}


def test_when_the_representative_is_flaky_the_others_prove_themselves(tmp_path: Path) -> None:
    fixtures = tuple(fixture(name) for name in ("f1", "f2", "f3"))

    def script(asked: Asked) -> Answer:
        if not asked.id.startswith("load"):
            return well(asked)
        return well(asked) if "f1" in asked.id and asked.isolation == "process" else raised(asked.request)

    engine = MemoryEngine(script)
    found = run(small(fixtures=fixtures), engine, tmp_path, jobs=1)
    by_name = {outcome.fixture: outcome for outcome in found.outcomes.values() if outcome.stage is Stage.LOAD}
    assert by_name["f1"].reason is Reason.FLAKY
    assert [(by_name[name].status, by_name[name].attempts) for name in ("f2", "f3")] == [(Status.FAILED, 2)] * 2


def test_every_crash_is_repeated(tmp_path: Path) -> None:
    fixtures = tuple(fixture(name) for name in ("f1", "f2", "f3"))
    engine = MemoryEngine(lambda asked: dies(asked) if asked.id.startswith("load") else well(asked))
    found = run(small(fixtures=fixtures), engine, tmp_path)
    loads = [outcome for outcome in found.outcomes.values() if outcome.stage is Stage.LOAD]
    assert {(outcome.status, outcome.reason, outcome.confirmed, outcome.attempts) for outcome in loads} == {
        (Status.FAILED, Reason.CRASHED, True, 2)
    }
    assert sum(asked.isolation == "process" for asked in engine.asked) == 1


def test_a_load_that_hangs_once_and_then_dies_proves_which(tmp_path: Path) -> None:
    """Which limit is met first, time or memory, is a matter of how busy the machine is."""

    def script(asked: Asked) -> Answer:
        if not asked.id.startswith("load"):
            return well(asked)
        first = all(other.id != asked.id for other in engine.asked[:-1])
        return hangs(asked) if "f1" in asked.id or first else dies(asked)

    engine = MemoryEngine(script)
    found = run(small(fixtures=(fixture("f1"), fixture("f2"))), engine, tmp_path, jobs=1)
    by_name = {outcome.fixture: outcome for outcome in found.outcomes.values() if outcome.stage is Stage.LOAD}
    assert (by_name["f1"].reason, by_name["f1"].attempts) == (Reason.TIMED_OUT, 2)
    assert (by_name["f2"].status, by_name["f2"].reason, by_name["f2"].attempts) == (Status.FAILED, Reason.CRASHED, 3)


def test_another_failure_in_a_fresh_process_counts_if_it_comes_twice(tmp_path: Path) -> None:
    engine = MemoryEngine(on(LOAD, fails(), dies, dies))
    outcome = run(small(), engine, tmp_path).outcomes[LOAD]
    assert (outcome.status, outcome.reason, outcome.isolation, outcome.attempts) == (Status.FAILED, Reason.CRASHED, "process", 3)


def test_a_save_that_fails_blocks_its_loads_after_it_is_confirmed(tmp_path: Path) -> None:
    engine = MemoryEngine(on(SAVE, fails()))
    found = run(small(), engine, tmp_path)
    assert status(found, SAVE) == (Status.FAILED, Reason.SAVE_RAISED)
    assert status(found, LOAD) == (Status.BLOCKED, Reason.BLOCKED_BY)
    assert found.outcomes[LOAD].blocked_by == SAVE
    assert engine.requests(LOAD) == 0


def test_the_loads_of_an_unsupported_save_are_unsupported(tmp_path: Path) -> None:
    def unsupported(asked: Asked) -> Answer:
        return {**good(asked.request), "phase": "fixture", "unsupported": {"reason": "format-unsupported", "why": "no h5py"}}

    found = run(small(), MemoryEngine(on(SAVE, unsupported)), tmp_path)
    assert status(found, LOAD) == (Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED)
    assert found.outcomes[LOAD].notes == {"unsupported_by": SAVE, "producer": "a", "why": "no h5py"}


def test_an_agent_that_dies_is_replaced_and_the_cell_tried_again(tmp_path: Path) -> None:
    found = run(small(), MemoryEngine(on(LOAD, "die", well)), tmp_path)
    assert status(found, LOAD) == (Status.PASSED, None)
    assert found.outcomes[LOAD].attempts == 2


def test_an_agent_that_dies_twice_is_lost(tmp_path: Path) -> None:
    found = run(small(), MemoryEngine(on(LOAD, "die")), tmp_path)
    assert status(found, LOAD) == (Status.ERRORED, Reason.AGENT_LOST)
    assert found.outcomes[LOAD].log == "the agent's last words"
    assert found.complete


def test_an_agent_that_falls_silent_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.05)
    engine = MemoryEngine(on(LOAD, "silent", well))
    assert status(run(small(limits=Limits(seconds=0.05)), engine, tmp_path), LOAD) == (Status.PASSED, None)


@pytest.mark.parametrize("answer", ["garbage", "nothing"])
def test_a_result_that_is_none_is_a_bad_result(tmp_path: Path, answer: Any) -> None:
    found = run(small(), MemoryEngine(on(LOAD, answer)), tmp_path)
    assert status(found, LOAD) == (Status.ERRORED, Reason.BAD_RESULT)
    assert found.outcomes[LOAD].attempts == 2


def test_agents_that_never_start_give_up_their_cells_and_no_others(tmp_path: Path) -> None:
    engine = MemoryEngine(broken={("b", "shared")})
    found = run(make_plan(selection(("a", "b"))), engine, tmp_path)
    assert status(found, LOAD) == (Status.ERRORED, Reason.IMPORT_FAILED)
    assert engine.started.count(("b", "shared")) == 2
    assert status(found, "load/a/a/sequential/h5/load-model") == (Status.PASSED, None)


def test_failures_that_cannot_be_confirmed_are_no_findings(tmp_path: Path) -> None:
    engine = MemoryEngine(on(LOAD, fails()), broken={("b", "process")})
    assert status(run(small(), engine, tmp_path), LOAD) == (Status.ERRORED, Reason.FLAKY)


def test_a_fixture_may_ask_for_processes_of_its_own(tmp_path: Path) -> None:
    plain = fixture("plain")
    alone = type(plain)(name="alone", file=plain.file, formats=plain.formats, isolation="process")
    engine = MemoryEngine()
    run(small(fixtures=(plain, alone)), engine, tmp_path)
    assert {(asked.request["fixture"]["name"], asked.isolation) for asked in engine.asked} == {("plain", "shared"), ("alone", "process")}


# Reuse


def test_a_second_run_does_nothing_and_says_so(tmp_path: Path) -> None:
    script = on(LOAD, fails())
    plan = make_plan(selection(("a", "b")))
    first = run(plan, MemoryEngine(script), tmp_path)
    engine = MemoryEngine(script)
    events: list[Event] = []
    second = run(plan, engine, tmp_path, on_event=events.append)
    assert engine.prepared == []
    assert engine.started == []
    assert {cell: outcome.status for cell, outcome in second.outcomes.items()} == {
        cell: outcome.status for cell, outcome in first.outcomes.items()
    }
    assert {outcome.reused_from for outcome in second.outcomes.values()} == {first.header.run}
    assert second.outcomes["build/a"].notes["facts"] == {"tensorflow": "2.15.1"}
    started = next(event for event in events if isinstance(event, RunStarted))
    assert started.reused == len(plan.cells)
    assert "nothing is run again" in started.note
    assert second.footer is not None
    assert second.footer.reused == len(plan.cells)


def test_fresh_runs_everything(tmp_path: Path) -> None:
    run(small(), MemoryEngine(), tmp_path)
    engine = MemoryEngine()
    assert run(small(), engine, tmp_path, fresh=True).outcomes[LOAD].reused_from is None
    assert engine.requests(SAVE) == engine.requests(LOAD) == 1


def test_a_changed_environment_redoes_only_what_depends_on_it(tmp_path: Path) -> None:
    plan = make_plan(selection(("a", "b", "c")))
    run(plan, MemoryEngine(), tmp_path)
    engine = MemoryEngine(salt={"c": "another lock"})
    found = run(plan, engine, tmp_path)
    again = {cell for cell, outcome in found.outcomes.items() if outcome.reused_from is None and outcome.stage is not Stage.BUILD}
    assert again == {cell.id for cell in plan.cells if cell.stage is not Stage.BUILD and "c" in (cell.environment, cell.producer)}


def test_a_changed_fixture_redoes_only_its_own_cells(tmp_path: Path) -> None:
    files = [tmp_path / "one.py", tmp_path / "two.py"]
    for file in files:
        file.write_text("1")
    plan = small(fixtures=tuple(fixture(file.stem, file=file) for file in files))
    run(plan, MemoryEngine(), tmp_path)
    files[0].write_text("2")
    engine = MemoryEngine()
    run(plan, engine, tmp_path)
    assert {asked.request["fixture"]["name"] for asked in engine.asked} == {"one"}


@pytest.mark.parametrize("damage", ["tampered", "missing", "none"])
def test_a_save_runs_again_when_a_load_needs_an_artifact_that_is_not_whole(tmp_path: Path, damage: str) -> None:
    run(make_plan(selection(pairs=(("a", "b"),), formats=(("h5", ("load-model",)),)), until=Stage.SAVE), MemoryEngine(), tmp_path)
    (artifact,) = (tmp_path / "artifacts").glob("??/*/model/model.h5")
    if damage == "tampered":
        artifact.write_bytes(b"MODEL")
    elif damage == "missing":
        artifact.unlink()
    engine = MemoryEngine()
    assert status(run(small(), engine, tmp_path), LOAD) == (Status.PASSED, None)
    assert engine.requests(SAVE) == (0 if damage == "none" else 1)
    assert artifact.read_bytes() == b"model"


def test_a_blocked_cell_prepares_nothing_the_second_time(tmp_path: Path) -> None:
    run(small(), MemoryEngine(on(SAVE, fails())), tmp_path)
    engine = MemoryEngine(on(SAVE, fails()))
    found = run(small(), engine, tmp_path)
    assert engine.prepared == []
    assert status(found, LOAD) == (Status.BLOCKED, Reason.BLOCKED_BY)


def test_what_says_nothing_is_tried_again(tmp_path: Path) -> None:
    run(small(), MemoryEngine(on(LOAD, "garbage")), tmp_path)
    assert status(run(small(), MemoryEngine(), tmp_path), LOAD) == (Status.PASSED, None)


def test_a_load_that_changes_its_artifact_is_told_and_the_artifact_goes(tmp_path: Path) -> None:
    def vandal(asked: Asked) -> Answer:
        (Path(asked.request["artifact"]) / "model" / "model.h5").write_bytes(b"spoiled")
        return well(asked)

    found = run(small(), MemoryEngine(on(LOAD, vandal)), tmp_path)
    assert status(found, LOAD) == (Status.ERRORED, Reason.BAD_RESULT)
    engine = MemoryEngine()
    assert status(run(small(), engine, tmp_path), LOAD) == (Status.PASSED, None)
    assert engine.requests(SAVE) == 1


# Interruption


def test_an_interrupted_run_says_so_and_the_next_goes_on(tmp_path: Path) -> None:
    plan = make_plan(selection(("a", "b")))
    stop = threading.Event()
    done: list[str] = []

    def watch(event: Event) -> None:
        if isinstance(event, CellDone):
            done.append(event.outcome.id)
            if len(done) == 5:
                stop.set()

    engine = MemoryEngine()
    with pytest.raises(Interrupted, match="goes on from there") as caught:
        run(plan, engine, tmp_path, stop=stop, on_event=watch)
    assert caught.value.exit_code == 130
    assert engine.alive == 0
    partial = RunStore(tmp_path).latest()
    assert not partial.complete
    assert partial.footer is not None
    assert partial.footer.counts[Status.NOT_RUN] == len(plan.cells) - len(partial.outcomes)
    second = MemoryEngine()
    found = run(plan, second, tmp_path)
    assert found.complete
    ran = {asked.id for asked in second.asked}
    assert not ran & {cell for cell, outcome in partial.outcomes.items() if outcome.stage is not Stage.BUILD}


def test_a_run_without_footer_is_gone_on_from(tmp_path: Path) -> None:
    plan = make_plan(selection(("a", "b")))
    path = run(plan, MemoryEngine(), tmp_path).path
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:8]) + lines[8][:40])
    kept = set(RunStore(tmp_path).latest().outcomes)
    engine = MemoryEngine()
    found = run(plan, engine, tmp_path)
    assert found.complete
    assert {asked.id for asked in engine.asked} == {cell.id for cell in plan.cells if cell.stage is not Stage.BUILD} - kept


def test_two_runs_at_the_same_time_share_a_directory(tmp_path: Path) -> None:
    plan = make_plan(selection(("a", "b")))
    found: list[Run] = []
    threads = [threading.Thread(target=lambda: found.append(run(plan, MemoryEngine(), tmp_path))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({each.header.run for each in found}) == 2
    assert all(outcome.status is Status.PASSED for each in found for outcome in each.outcomes.values())


def test_a_reports_directory_that_cannot_be_written_stops_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = MemoryEngine()
    calls: list[Event] = []

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    def watch(event: Event) -> None:
        calls.append(event)
        if isinstance(event, CellDone) and event.outcome.stage is Stage.SAVE:
            monkeypatch.setattr("runner.store.os.fsync", full)

    with pytest.raises(StoreFault, match="No space left"):
        run(make_plan(selection(("a", "b"))), engine, tmp_path, on_event=watch)
    monkeypatch.undo()
    assert engine.alive == 0
    left = RunStore(tmp_path).latest()
    assert not left.complete
    assert left.footer is None
    assert run(make_plan(selection(("a", "b"))), MemoryEngine(), tmp_path).complete


def test_a_fixture_that_is_edited_under_the_run_stops_it_and_nothing_gets_a_wrong_key(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("1")

    def edit(asked: Asked) -> Answer:
        file.write_text("22")
        return well(asked)

    plan = small(fixtures=(fixture("mine", file=file),))
    with pytest.raises(SourceChanged, match=r"mine\.py was changed"):
        run(plan, MemoryEngine(on("load/a/b/mine/h5/load-model", edit)), tmp_path)
    engine = MemoryEngine()
    assert run(plan, engine, tmp_path).complete
    assert engine.requests("save/a/mine/h5") == 1


def test_an_error_of_ours_in_a_thread_ends_the_run(tmp_path: Path) -> None:
    def wrong(asked: Asked) -> Answer:
        raise GeneratorExit("not even an Exception")

    engine = MemoryEngine(on(LOAD, wrong))
    with pytest.raises(GeneratorExit):
        run(small(), engine, tmp_path)
    assert engine.alive == 0
    assert set(RunStore(tmp_path).latest().outcomes) >= {SAVE}


# Anything


ANSWERS: list[Callable[[Asked], Answer]] = [well, well, well, fails("one"), fails("two"), dies, lambda _: "die", lambda _: "garbage"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), faulty=st.sets(st.sampled_from(["a", "b"])), jobs=st.integers(1, 3))
def test_whatever_happens_every_cell_gets_one_outcome(
    tmp_path_factory: pytest.TempPathFactory, seed: int, faulty: set[str], jobs: int
) -> None:
    # Not hypothesis' own: agents are threads.
    guard, random = threading.Lock(), Random(seed)

    def script(asked: Asked) -> Answer:
        with guard:
            answer = random.choice(ANSWERS)
        return answer(asked)

    plan = make_plan(selection(("a", "b"), fixtures=(fixture(), fixture("other"))))
    lines: list[Outcome] = []
    engine = MemoryEngine(script, faults={name: fault() for name in faulty})

    def watch(event: Event) -> None:
        if isinstance(event, CellDone):
            lines.append(event.outcome)

    found = run(plan, engine, tmp_path_factory.mktemp("run"), jobs=jobs, on_event=watch)
    assert sorted(outcome.id for outcome in lines) == sorted(cell.id for cell in plan.cells)
    cells: dict[str, Cell] = {cell.id: cell for cell in plan.cells}
    for cell_id, outcome in found.outcomes.items():
        bad = any(found.outcomes[needed.id].status not in GOOD for needed in cells[cell_id].needs)
        assert (outcome.status is Status.BLOCKED) == bad
        if outcome.status is Status.FAILED:
            assert outcome.confirmed
        if outcome.reason is Reason.CRASHED:
            assert outcome.attempts > 1
    assert engine.alive == 0
