"""Loads that share a child on real TensorFlow come to what they come to in children of their own: every fixture, every variant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runner.engines import make_engine
from runner.engines.base import Engine
from runner.model import Cell, Isolation, Outcome, Stage, Status
from runner.plan import make_plan
from runner.selection import select
from runner.spec import load_matrix
from tests.integration.asking import cells, started

pytestmark = pytest.mark.integration

MATRIX = Path(__file__).parent / "sharing.yaml"
CHOICES = (
    ("catalogue", "tf2.15-py311"),
    ("rest", "tf2.15-py311"),
    ("addons", "tf2.4-tfa0.14-py38"),
    ("formats", "tf2.4-tfa0.14-py38"),
    ("formats", "tf2.21-py311"),
)
# Their saves fail, which is what they are in the catalogue for.
NEVER_SAVED = {"misuse_weights_list", "multi_worker@both"}
Outcomes = dict[str, Outcome]
Results = dict[tuple[str, str], tuple[Outcomes, Outcomes]]


def both(engine: Engine, profile: str, environment: str, place: Path) -> tuple[Outcomes, Outcomes]:
    """Save what a profile has in one environment, and load it there in shared children and in children of their own."""
    plan = make_plan(select(load_matrix(MATRIX), profile=profile, from_=(environment,), to=(environment,)))
    prepared = engine.prepare(plan.environments[environment])
    loads: list[Cell] = []

    def run(isolation: Isolation) -> Outcomes:
        scratch = place / isolation
        with started(engine, prepared, scratch, isolation) as agent:
            if not loads:
                saves = (cell for cell in plan.cells if cell.stage is Stage.SAVE)
                made = {item.id: item.status for item in cells(agent, plan, saves, place, scratch / "saves")}
                loads.extend(cell for cell in plan.cells if cell.stage is Stage.LOAD and made[cell.needs[0].id] is Status.PASSED)
            # Twice, and the second time counts: then also a fixture of one load has a load before it in its child.
            wanted = (cell for cell in loads for _ in range(2 if isolation == "shared" else 1))
            return {item.id: item for item in cells(agent, plan, wanted, place, scratch / "loads")}

    return run("shared"), run("fork")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    engine = make_engine("local", locks=load_matrix(MATRIX).locks)
    place = tmp_path_factory.mktemp("sharing")
    try:
        with ThreadPoolExecutor(2) as pool:
            found = pool.map(lambda choice: both(engine, choice[0], choice[1], place.joinpath(*choice)), CHOICES)
            return dict(zip(CHOICES, found, strict=True))
    finally:
        engine.close()


def test_every_model_of_the_catalogue_is_among_them(results: Results) -> None:
    loaded = {item.fixture for shared, _ in results.values() for item in shared.values() if not item.canary}
    models = {fixture.key for fixture in load_matrix(MATRIX).fixtures if not fixture.fault}
    assert models - loaded == NEVER_SAVED


def verdict(outcome: Outcome) -> tuple[object, ...]:
    return outcome.status, outcome.reason, outcome.phase, outcome.checks, outcome.error and outcome.error.type


@pytest.mark.parametrize("choice", CHOICES, ids="-".join)
def test_verdicts_are_the_same(results: Results, choice: tuple[str, str]) -> None:
    shared, alone = results[choice]
    assert len(alone) > 5
    assert {name: verdict(item) for name, item in shared.items()} == {name: verdict(item) for name, item in alone.items()}


@pytest.mark.parametrize("choice", CHOICES, ids="-".join)
def test_loads_do_share_and_only_those_that_pass(results: Results, choice: tuple[str, str]) -> None:
    shared, alone = results[choice]
    together = [item for item in shared.values() if "shared" in item.notes]
    assert len(together) > len(shared) / 3
    assert {item.status for item in together} == {Status.PASSED}
    assert not [item for item in alone.values() if "shared" in item.notes]


@pytest.mark.parametrize("choice", CHOICES, ids="-".join)
def test_sharing_makes_no_load_fail(results: Results, choice: tuple[str, str]) -> None:
    """What does not pass in a shared child does not in its own either: otherwise something is left of the load before."""
    shared, _ = results[choice]
    assert not [
        (item.id, item.notes["ran_before"]) for item in shared.values() if "ran_before" in item.notes and item.status is Status.PASSED
    ]
