"""Shards are a partition of any plan, each is a plan that runs, and together they are the run that the whole plan would have been."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import UsageError
from runner.executor import execute
from runner.judge import judge
from runner.merging import merged
from runner.model import Outcome, Reason, Run, Stage, Status
from runner.plan import Plan, make_plan
from runner.shards import owners, parse_shard, plan_hash, shard_of
from runner.store import RunStore
from tests.unit.engine_in_memory import Asked, MemoryEngine, fault, raised, well
from tests.unit.plans import fixture, selection
from tests.unit.samples import outcome, run_of

ROOT = Path(__file__).parents[2]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any small plan: environments, pairs, fixtures with and without a fault, formats, and plans without loads."""
    names = tuple("abcd"[: draw(st.integers(1, 4))])
    every = [(producer, consumer) for producer in names for consumer in names]
    pairs = draw(st.lists(st.sampled_from(every), min_size=1, max_size=9, unique=True))
    fixtures = [fixture(name, file=Path(f"/nowhere/{name}.py")) for name in draw(st.sets(st.sampled_from("xyz"), min_size=1))]
    if draw(st.booleans()):
        fixtures.append(replace(fixtures[0], name="damaged", fault="truncated"))
    formats = draw(
        st.sampled_from([(("h5", ("load-model", "load-weights")),), (("h5", ("load-model",)), ("checkpoint", ("checkpoint-restore",)))])
    )
    return make_plan(
        selection(names, pairs=tuple(pairs), fixtures=tuple(fixtures), formats=formats),
        until=draw(st.sampled_from([Stage.LOAD, Stage.SAVE])),
    )


@given(plans(), st.integers(1, 9))
def test_shards_partition_any_plan(plan: Plan, number: int) -> None:
    ids = [cell.id for cell in plan.cells]
    owned_by = owners(plan, number)
    assert sorted(owned_by) == sorted(ids)
    owned: Counter[str] = Counter()
    for index in range(1, number + 1):
        part = shard_of(plan, f"{index}/{number}")
        assert part.shard is not None
        mine = {cell.id for cell in part.cells} - set(part.shard.borrowed)
        owned.update(mine)
        assert mine == {id_ for id_, owner in owned_by.items() if owner == index}
        assert part.shard.plan_sha256 == plan_hash(ids)
        assert part.shard.plan_cells == len(ids)
    assert owned == Counter(ids), "each cell belongs to exactly one shard"


@given(plans(), st.integers(1, 9))
def test_each_shard_is_a_plan_of_its_own(plan: Plan, number: int) -> None:
    for index in range(1, number + 1):
        part = shard_of(plan, f"{index}/{number}")
        seen: set[str] = set()
        for cell in part.cells:
            assert {needed.id for needed in cell.needs} <= seen, "every cell stands after what it needs"
            seen.add(cell.id)
        assert [cell for cell in plan.cells if cell.id in seen] == list(part.cells), "the order is that of the plan"
        used = {cell.environment for cell in part.cells}
        canaries = {cell.id for cell in plan.cells if cell.canary and cell.environment in used}
        assert canaries == {cell.id for cell in part.cells if cell.canary}, "every environment of a part has its canary"


@given(plans(), st.integers(2, 9))
def test_no_save_is_made_twice_but_for_what_faults_are_judged_by(plan: Plan, number: int) -> None:
    parts = [shard_of(plan, f"{index}/{number}") for index in range(1, number + 1)]
    saves = Counter(cell.id for part in parts for cell in part.cells if cell.stage is Stage.SAVE and not cell.canary)
    controls = {
        needed.id for cell in plan.cells if cell.control for needed in (*cell.needs, *(n for need in cell.needs for n in need.needs))
    }
    assert {id_ for id_, times in saves.items() if times > 1} <= controls


@given(plans(), st.integers(1, 9))
def test_shards_are_of_nearly_equal_size_and_the_same_everywhere(plan: Plan, number: int) -> None:
    owned_by = owners(plan, number)
    groups = Counter(owned_by[cell.id] for cell in plan.cells if cell.stage is Stage.SAVE and not cell.canary)
    sizes = [groups[index] for index in range(1, number + 1)]
    assert max(sizes) - min(sizes) <= 1
    assert owned_by == owners(replace(plan, cells=tuple(plan.cells)), number)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/2/3", "-1/2", "", "1/0", "1.5/2"])
def test_a_shard_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="--shard"):
        parse_shard(text)


def test_a_shard_as_it_is_written() -> None:
    assert parse_shard("2/8") == (2, 8)


PLAN = make_plan(selection(("a", "b", "c")))


def run_shards(reports: Path, number: int, engine: Callable[[], MemoryEngine] = MemoryEngine, plan: Plan = PLAN) -> list[Run]:
    """Run each shard in a reports directory of its own, as different machines do."""
    found = []
    for index in range(1, number + 1):
        store = RunStore(reports / str(index))
        execute(shard_of(plan, f"{index}/{number}"), engine(), store, jobs=2, memory_mb=8000)
        found.append(store.latest())
    return found


def awkward() -> MemoryEngine:
    """Return an engine with passes, failures, a blocked environment and what follows from it."""

    def script(asked: Asked) -> Any:
        fails = asked.id.endswith("load-weights") or asked.id == "save/a/sequential/checkpoint"
        return raised(asked.request) if fails else well(asked)

    return MemoryEngine(script=script, faults={"c": fault(Reason.INTERPRETER_MISSING)})


def verdicts(outcomes: dict[str, Outcome]) -> dict[str, tuple[Status, Reason | None, str | None]]:
    return {id_: (outcome.status, outcome.reason, outcome.blocked_by) for id_, outcome in outcomes.items()}


@pytest.mark.parametrize("number", [1, 2, 3, 30])
def test_merged_shards_are_the_run_of_the_whole_plan(number: int, tmp_path: Path) -> None:
    whole = execute(PLAN, awkward(), RunStore(tmp_path / "whole"), jobs=2, memory_mb=8000)
    header, outcomes, footer = merged(run_shards(tmp_path, number, awkward), run="merged", command=("x",))
    together = Run(path=tmp_path, header=header, outcomes={outcome.id: outcome for outcome in outcomes}, footer=footer)
    assert verdicts(together.outcomes) == verdicts(whole.outcomes)
    assert whole.footer is not None
    assert footer.counts == whole.footer.counts
    assert (header.planned, header.shard, len(header.merged_from)) == (whole.header.planned, None, number)
    assert header.environments == whole.header.environments
    assert judge(together).exit_code == judge(whole).exit_code == 4


def refused(runs: list[Run]) -> str:
    with pytest.raises(UsageError) as error:
        merged(runs, run="merged")
    assert error.value.exit_code == 2
    return str(error.value)


def without(run: Run, *cells: str) -> Run:
    return replace(run, outcomes={id_: outcome for id_, outcome in run.outcomes.items() if id_ not in cells})


def with_header(run: Run, /, **changes: Any) -> Run:
    return replace(run, header=run.header.model_copy(update=changes))


def test_what_cannot_be_merged(tmp_path: Path) -> None:
    one, two, three = run_shards(tmp_path, 3)
    assert merged([three, one, two], run="merged")[0].planned == len(PLAN.cells)
    assert "shard 2/3 is missing" in refused([one, three])
    assert refused([two]).count("is missing") == 2
    load = next(id_ for id_ in two.outcomes if id_.startswith("load/"))
    assert f"shard 2/3 ({two.header.run}) is not complete: 1 cell not run" in refused([one, without(two, load), three])
    assert f"{one.header.run}: given twice" in refused([one, two, three, one])
    assert "is not complete" in refused([one, replace(two, footer=None), three])
    failed = two.outcomes["build/a"].model_copy(update={"status": Status.ERRORED, "reason": Reason.INSTALL_FAILED})
    said = refused([one, replace(two, outcomes={**two.outcomes, "build/a": failed}), three])
    assert "build/a is passed in shard 1/3 and errored: install-failed in shard 2/3" in said
    assert "another matrix file" in refused([one, with_header(two, matrix_sha256="1" * 64), three])
    assert "(full, not all)" in refused([one, with_header(two, profile="full"), three])
    other = {**two.header.environments, "b": {**two.header.environments["b"], "fingerprint": "x"}}
    assert "another b than" in refused([one, with_header(two, environments=other), three])
    assert "(its fingerprint)" in refused([one, with_header(two, environments=other), three])
    assert "no shard of a plan" in refused([one, with_header(two, shard=None), three])
    (stranger,) = run_shards(tmp_path / "other", 1, plan=make_plan(selection(("a", "b"))))
    assert "of another plan" in refused([one, two, three, stranger])
    assert "of another plan" in refused([one, run_shards(tmp_path / "two", 2)[1], three])
    changed = replace(two, outcomes={f"{id_}x" if id_ == load else id_: outcome for id_, outcome in two.outcomes.items()})
    assert "or not the same ones" in refused([one, changed, three])
    assert "name the runs" in refused([])


def test_a_shard_that_ran_again_counts_as_it_is_now(tmp_path: Path) -> None:
    one, two = run_shards(tmp_path, 2)
    failed = two.outcomes["build/a"].model_copy(update={"status": Status.ERRORED, "reason": Reason.INSTALL_FAILED})
    before = with_header(replace(two, outcomes={**two.outcomes, "build/a": failed}), run="20000101-000000-aaaa")
    header, _, _ = merged([before, one, two], run="merged")
    assert header.merged_from == (one.header.run, two.header.run)
    half = with_header(replace(two, footer=None, outcomes={}), run="20990101-000000-aaaa")
    assert merged([half, one, two], run="merged")[0].merged_from == (one.header.run, two.header.run)


@settings(max_examples=25, deadline=None)
@given(plans(), st.integers(1, 5), st.data())
def test_any_cell_that_is_missing_is_noticed(plan: Plan, number: int, data: st.DataObject) -> None:
    runs = []
    for index in range(1, number + 1):
        part = shard_of(plan, f"{index}/{number}")
        runs.append(synthetic(part, {cell.id: outcome(cell) for cell in part.cells}))
    assert {o.id for o in merged(runs, run="m")[1]} == {cell.id for cell in plan.cells}
    full = [place for place, run in enumerate(runs) if run.outcomes]
    place = data.draw(st.sampled_from(full))
    gone = data.draw(st.sampled_from(sorted(runs[place].outcomes)))
    refused([without(run, gone) if number_ == place else run for number_, run in enumerate(runs)])


def synthetic(part: Plan, outcomes: dict[str, Outcome]) -> Run:
    made = run_of(*outcomes.values())
    assert part.shard is not None
    return with_header(made, shard=part.shard, planned=len(part.cells), run=f"run-{part.shard.index}")


def test_the_command_makes_an_ordinary_run(tmp_path: Path) -> None:
    runs = run_shards(tmp_path, 2)
    words = [str(run.path.parent) for run in runs]
    done = subprocess.run(
        [sys.executable, "-m", "runner", "merge", *words, "--reports", str(tmp_path / "all")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    read = RunStore(tmp_path / "all").latest()
    assert read.complete
    assert set(read.outcomes) == {cell.id for cell in PLAN.cells}
    assert "28 cells planned" in done.stdout or f"{len(PLAN.cells)} cells planned" in done.stdout
    engine = MemoryEngine()
    execute(PLAN, engine, RunStore(tmp_path / "all"), jobs=2, memory_mb=8000)
    assert not [asked for asked in engine.asked if asked.id.startswith("load/")], "its outcomes are taken over like any others"
    bad = subprocess.run(
        [sys.executable, "-m", "runner", "merge", words[0], "--reports", str(tmp_path / "all")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (bad.returncode, bad.stderr.strip()) == (2, "merge: shard 2/2 is missing")
