"""The benchmark: which cells it takes, what it reckons, what it says, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from runner import bench
from runner.benchmark import choice, setting_up, table
from runner.benchmark.figures import Figures, Measured, Setup, mean, ratio
from runner.benchmark.memory import PeakMemory, tree_bytes
from runner.benchmark.ways import Ground, with_fresh_processes, with_runner
from runner.classify import blank
from runner.engines.base import Prepared
from runner.errors import EngineFault, UsageError
from runner.executor import execute, key_ring
from runner.model import Cell, Outcome, Reason, Stage, Status
from runner.plan import Plan, make_plan
from runner.spec import load_matrix
from runner.store import RunStore
from tests.unit.engine_in_memory import MemoryEngine
from tests.unit.plans import fixture, selection


def loads(plan: Plan) -> list[Cell]:
    """Return the loads of a plan."""
    return [cell for cell in plan.cells if cell.stage is Stage.LOAD]


def outcomes(cells: list[Cell], *statuses: Status) -> list[Outcome]:
    """Return outcomes with these statuses, the last one for all that are left."""
    return [blank(cell, statuses[min(number, len(statuses) - 1)], None) for number, cell in enumerate(cells)]


def small() -> Plan:
    """Return a plan of one environment with four fixtures."""
    return make_plan(selection(("a",), fixtures=tuple(fixture(name) for name in ("one", "two", "three", "four"))))


# Which cells


def test_every_beginning_is_spread_over_fixtures_formats_and_loaders() -> None:
    found = choice.spread(loads(small()))
    assert sorted(cell.id for cell in found) == sorted(cell.id for cell in loads(small()))
    assert len({(cell.format, cell.loader) for cell in found[:3]}) == 3
    assert len({cell.fixture for cell in found[:4]}) == 4
    assert len({cell.fixture for cell in found[4:8]}) == 4


def test_the_choice_is_the_same_every_time() -> None:
    assert choice.spread(loads(small())) == choice.spread(loads(small()))


def test_only_what_was_saved_is_read() -> None:
    plan = small()
    saves = [cell for cell in plan.cells if cell.stage is Stage.SAVE]
    found = choice.readable(loads(plan), outcomes(saves, Status.PASSED, Status.FAILED, Status.DEGRADED, Status.BLOCKED))
    assert {cell.needs[0].id for cell in found} == {saves[0].id}


def test_cells_that_pass_are_taken_in_order_and_no_others() -> None:
    cells = loads(small())
    tried = outcomes(cells, Status.FAILED, Status.PASSED, Status.DEGRADED, Status.PASSED, Status.PASSED, Status.FAILED)
    assert choice.passing(cells, tried, 2) == [cells[1], cells[3]]
    assert len(choice.passing(cells, tried, 100)) == 3


def test_a_part_is_taken_evenly_from_all() -> None:
    cells = loads(small())
    assert choice.part(cells, 2) == (cells[0], cells[len(cells) // 2])
    assert choice.part(cells, len(cells) + 5) == tuple(cells)
    assert choice.part([], 3) == ()


def test_a_plan_of_loads_has_what_they_need_in_the_order_of_the_plan() -> None:
    plan = small()
    chosen = [loads(plan)[5], loads(plan)[0]]
    cells = choice.with_needs(plan, chosen).cells
    assert [cell.stage for cell in cells] == [Stage.BUILD, Stage.SAVE, Stage.SAVE, Stage.LOAD, Stage.LOAD]
    assert {cell for cell in cells if cell.stage is Stage.LOAD} == set(chosen)


# Which environment


def test_the_newest_is_measured_where_most_can_be_run_unless_one_is_asked_for() -> None:
    spec = load_matrix()
    # By version and not by text, of which 2.9 would be the last.
    chosen = bench.choose_environment(spec, None)
    assert chosen.tensorflow == "2.21.0" and chosen.channel is None
    loads = {env.id: len(bench._plan(spec, env).cells) for env in spec.environments if env.tensorflow == "2.21.0"}
    assert loads[chosen.id] == max(loads.values())
    assert bench.choose_environment(spec, "tf2.15-py311").id == "tf2.15-py311"
    with pytest.raises(UsageError, match=r"tf2\.15-py311"):
        bench.choose_environment(spec, "tf2.15-py31")


# The arithmetic


def way(seconds: float, *, cells: int = 10, missed: tuple[str, ...] = (), confirmations: int = 0) -> Measured:
    """Return a measurement."""
    return Measured(
        name="a way", cells=cells, seconds=seconds, agents=1, memory_mb=100.0, missed=missed, confirmations=confirmations, cell_seconds=0.1
    )


FIGURES = Figures(
    environment="a",
    cores=2,
    load_before=0.1,
    fresh=way(100),
    fresh_parallel=way(60),
    runner=way(8),
    bare=way(4),
    import_seconds=2.0,
    setup=Setup(engine=20.0, pip=50.0),
)


def test_ratios() -> None:
    assert FIGURES.runner.rate == pytest.approx(1.25)
    assert FIGURES.gain == pytest.approx(12.5)
    assert FIGURES.gain_parallel == pytest.approx(7.5)
    assert FIGURES.limit == pytest.approx(2.0)
    assert FIGURES.setup is not None
    assert FIGURES.setup.ratio == pytest.approx(2.5)


def test_ratios_of_ways_with_other_numbers_of_cells_compare_rates() -> None:
    assert replace(FIGURES, fresh=way(50, cells=5)).gain == pytest.approx(12.5)


def test_nothing_measured_is_no_error() -> None:
    assert ratio(1.0, 0.0) == 0.0
    assert way(0.0).rate == 0.0
    assert mean([]) is None
    assert replace(FIGURES, fresh_parallel=None).gain_parallel is None
    assert Setup(engine=None, pip=3.0).ratio is None


def test_fresh_processes_may_run_a_part_of_the_cells() -> None:
    part = way(50, cells=5)
    assert replace(FIGURES, fresh=part, fresh_parallel=part).same_work
    assert not replace(FIGURES, fresh=part).same_work


@pytest.mark.parametrize("other", [way(8, missed=("a cell",)), way(8, cells=9)])
def test_it_is_told_when_the_ways_did_different_work(other: Measured) -> None:
    assert FIGURES.same_work
    different = replace(FIGURES, runner=other)
    assert not different.same_work
    assert any("different work" in line for line in table.lines(different))
    assert [line for line in table.lines(different) if "did not pass" in line] == ["a way: did not pass: a cell"] * len(other.missed)


# What is said


def test_the_figures_are_all_there() -> None:
    text = "\n".join(table.lines(replace(FIGURES, runner=way(8, confirmations=3))))
    for said in ("12.5 times", "7.5 times", "2.0 times", "2.0 s", "20.0 s", "50.0 s", "2.5 times", ": 3"):
        assert said in text
    assert "quiet moment" not in text
    assert "quiet moment" in "\n".join(table.lines(replace(FIGURES, load_before=1.7)))


def test_what_was_not_measured_is_said() -> None:
    assert "--no-setup" in table.lines(replace(FIGURES, setup=None))[-1]
    said = table.lines(replace(FIGURES, setup=Setup(engine=20.0, pip=None, why="pip ended with 1")))
    assert "not done by venv and pip" in said[-2]
    assert "pip ended with 1" in said[-1]


def test_the_table_is_plain_when_not_on_a_terminal() -> None:
    console = Console(width=200, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(table.table(FIGURES, ascii_only=True))
    text = capture.get()
    assert text.isascii()
    assert sum("a way" in line for line in text.splitlines()) == 4
    assert "1.25" in text


# Memory


def test_memory_of_a_tree_is_that_of_its_processes() -> None:
    assert tree_bytes(os.getpid()) > 1_000_000
    assert tree_bytes(2**22 + 1) == 0
    with PeakMemory(interval=0.001) as memory:
        pass
    assert memory.mb > 1


# The ways, with agents in memory


def ground(tmp_path: Path, engine: MemoryEngine) -> Ground:
    """Return saved artifacts and loads to measure with."""
    plan = small()
    store = RunStore(tmp_path / "reports")
    execute(Plan(selection=plan.selection, cells=tuple(cell for cell in plan.cells if cell.stage is not Stage.LOAD)), engine, store)
    (environment,) = plan.environments.values()
    prepared = Prepared(environment, engine.fingerprint(environment), Path("/nowhere/python"), {}, True, 0.0)
    return Ground(
        plan=plan,
        loads=tuple(loads(plan)[:6]),
        engine=engine,
        prepared=prepared,
        store=store,
        ring=key_ring(plan, engine),
        cores=2,
        place=tmp_path / "ways",
    )


def test_the_runner_runs_the_loads_and_saves_nothing_again(tmp_path: Path) -> None:
    engine = MemoryEngine()
    prepared = ground(tmp_path, engine)
    engine.asked.clear()
    measured, run = with_runner(prepared)
    assert sorted(asked.id for asked in engine.asked) == sorted(cell.id for cell in prepared.loads)
    assert (measured.cells, measured.passed, measured.confirmations) == (6, 6, 0)
    assert measured.agents >= 1
    assert run.complete


@pytest.mark.parametrize("jobs", [1, 2])
def test_fresh_processes_run_each_load_once(tmp_path: Path, jobs: int) -> None:
    engine = MemoryEngine()
    prepared = ground(tmp_path, engine)
    engine.asked.clear()
    measured = with_fresh_processes(prepared, jobs=jobs)
    assert sorted(asked.id for asked in engine.asked) == sorted(cell.id for cell in prepared.loads)
    assert {asked.isolation for asked in engine.asked} == {"process"}
    assert (measured.cells, measured.passed) == (6, 6)
    assert engine.alive == 0


@pytest.mark.parametrize("answer", ["die", "garbage"])
def test_an_agent_that_fails_ends_the_measurement_and_leaves_no_agent(tmp_path: Path, answer: str) -> None:
    prepared = ground(tmp_path, MemoryEngine())
    engine = MemoryEngine(lambda asked: answer)  # type: ignore[arg-type,return-value]
    with pytest.raises(EngineFault, match="load/a/a"):
        with_fresh_processes(replace(prepared, engine=engine), jobs=2)
    assert engine.alive == 0


# Set-up


def test_a_set_up_that_fails_is_told_and_the_other_still_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise EngineFault(Reason.INSTALL_FAILED, "no network")

    monkeypatch.setattr(setting_up, "_by_engine", fails)
    monkeypatch.setattr(setting_up, "_by_pip", lambda *_: None)
    found = setting_up.measure_setup(load_matrix().environment("tf2.15-py311"), tmp_path, tmp_path)
    assert found.engine is None
    assert found.pip is not None
    assert found.why == "no network"


def test_what_is_set_for_uv_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", "/mine")
    with setting_up._variable("UV_CACHE_DIR", "/other"):
        assert os.environ["UV_CACHE_DIR"] == "/other"
    assert os.environ["UV_CACHE_DIR"] == "/mine"
    monkeypatch.delenv("UV_CACHE_DIR")
    with pytest.raises(KeyboardInterrupt), setting_up._variable("UV_CACHE_DIR", "/other"):
        raise KeyboardInterrupt
    assert "UV_CACHE_DIR" not in os.environ


def test_termination_ends_it_as_ctrl_c_does() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), bench._interruptible():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
