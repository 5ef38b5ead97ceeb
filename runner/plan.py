"""From a selection to cells: which environments are built, what is saved, what is loaded, and in which order.

Pure. A cell brings the cells it needs: one selected load plans its save and the two builds. The order is that of the
matrix file: builds, then saves by producer, then loads by pair; the same selection always gives the same plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from runner.model import Cell, Environment, Fixture, Shard, Stage

if TYPE_CHECKING:
    from runner.selection import Selection

USUAL_SECONDS = {Stage.BUILD: 25.0, Stage.SAVE: 1.2, Stage.LOAD: 0.4}
"""What a planned cell takes on average when nothing like it was ever measured, those that turn out blocked or unsupported included.

From a run of the profile `quick` on two cores, which took 10 min 35 s.
"""

AGENT_SECONDS = 8.0
"""What starting an agent takes, which is importing TensorFlow."""


@dataclass(frozen=True)
class Plan:
    """The cells of a selection, or of the part of it that `shard` says; every cell stands after the cells it needs."""

    selection: Selection
    cells: tuple[Cell, ...]
    shard: Shard | None = None

    @property
    def environments(self) -> dict[str, Environment]:
        """The environments that the plan uses, by id."""
        used = {cell.environment for cell in self.cells}
        return {environment.id: environment for environment in self.selection.environments if environment.id in used}

    @property
    def fixtures(self) -> dict[str, Fixture]:
        """The fixtures of the selection and the canaries, by key."""
        return {fixture.key: fixture for fixture in (*self.selection.fixtures, *self.selection.canaries)}

    @property
    def counts(self) -> dict[Stage, int]:
        """How many cells each stage has; the canary's are counted apart."""
        found = Counter(cell.stage for cell in self.cells if not cell.canary)
        return {stage: found[stage] for stage in Stage}

    @property
    def canaries(self) -> int:
        """How many cells are the canary's."""
        return sum(cell.canary is not None for cell in self.cells)


def make_plan(selection: Selection, *, until: Stage = Stage.LOAD) -> Plan:
    """Return the cells of a selection: all of them, or those up to the stage `until` (the saves without their loads)."""
    used = _used(selection, until)
    builds = (Cell(stage=Stage.BUILD, environment=environment.id) for environment in selection.environments if environment.id in used)
    cells = [*builds]
    if until is not Stage.BUILD:
        cells += _canary(selection, used)
        cells += _saves(selection)
    if until is Stage.LOAD:
        cells += _loads(selection)
    return Plan(selection=selection, cells=tuple(dict.fromkeys(cells)))


def _used(selection: Selection, until: Stage) -> set[str]:
    if until is Stage.SAVE:
        return {producer for producer, _ in selection.pairs}
    return {environment for pair in selection.pairs for environment in pair}


def _canary(selection: Selection, used: set[str]) -> Iterator[Cell]:
    """Yield the canary's cells: in each environment both are saved and loaded, also where nothing else is."""
    for environment in selection.environments:
        for fixture in selection.canaries if environment.id in used else ():
            (format_, (loader,)), *_ = fixture.loaders
            save = Cell(stage=Stage.SAVE, environment=environment.id, fixture=fixture.key, format=format_, canary=fixture.canary)
            yield save
            yield replace(save, stage=Stage.LOAD, producer=environment.id, loader=loader)


def _saves(selection: Selection) -> Iterator[Cell]:
    producers = {producer for producer, _ in selection.pairs}
    for environment in selection.environments:
        if environment.id in producers:
            for fixture in selection.fixtures:
                for format_, _ in selection.formats:
                    if selection.loaders_of(fixture, format_):
                        yield Cell(
                            stage=Stage.SAVE,
                            environment=environment.id,
                            fixture=fixture.key,
                            format=format_,
                            **_fault(fixture, format_, selection),
                        )


def _loads(selection: Selection) -> Iterator[Cell]:
    for producer, consumer in selection.pairs:
        for fixture in selection.fixtures:
            for format_, _ in selection.formats:
                for loader in selection.loaders_of(fixture, format_):
                    yield Cell(
                        stage=Stage.LOAD,
                        producer=producer,
                        environment=consumer,
                        fixture=fixture.key,
                        format=format_,
                        loader=loader,
                        **_fault(fixture, format_, selection),
                    )


def _fault(fixture: Fixture, format_: str, selection: Selection) -> dict[str, str | None]:
    """Return the fault of a fixture, and the fixture of the selection that is the same model without one."""
    if fixture.fault is None:
        return {}
    same = (
        other.key
        for other in selection.fixtures
        if other.fault is None and (other.file, other.options) == (fixture.file, fixture.options) and format_ in other.formats
    )
    return {"fault": fixture.fault, "control": next(same, None)}


def expected_seconds(cells: tuple[Cell, ...], durations: Mapping[str, float], *, jobs: int) -> float:
    """Return the seconds that `cells` will take with `jobs` agents at a time.

    `durations` are seconds by cell id from earlier runs; a cell without one takes the median of its stage.
    """
    by_stage: dict[Stage, list[float]] = {stage: [] for stage in Stage}
    for cell in cells:
        if cell.id in durations:
            by_stage[cell.stage].append(durations[cell.id])
    usual = {stage: median(known) if known else USUAL_SECONDS[stage] for stage, known in by_stage.items()}
    work = sum(durations.get(cell.id, usual[cell.stage]) for cell in cells)
    agents = len({cell.environment for cell in cells if cell.stage is not Stage.BUILD})
    return (work + agents * AGENT_SECONDS) / max(1, jobs)
