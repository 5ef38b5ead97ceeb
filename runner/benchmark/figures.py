"""The figures of a benchmark: what was measured, and what is reckoned from it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One way to run the cells: its wall time with everything that belongs to it, and its peak memory.

    That is PSS in 10**6 bytes, and None where the work is done in containers, which are nobody's children here.
    """

    name: str
    cells: int
    seconds: float
    agents: int
    memory_mb: float | None
    missed: tuple[str, ...] = ()
    """The cells that did not pass."""
    confirmations: int = 0
    cell_seconds: float | None = None
    """What one cell took on average, without what lies between two cells."""

    @property
    def passed(self) -> int:
        """How many cells passed."""
        return self.cells - len(self.missed)

    @property
    def rate(self) -> float:
        """Cells per second."""
        return self.cells / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Seconds from nothing to an environment that has imported TensorFlow once; None where it could not be done, and then why."""

    engine: float | None
    pip: float | None
    why: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times faster the engine is."""
        return self.pip / self.engine if self.pip and self.engine else None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Everything that one benchmark measured."""

    environment: str
    cores: int
    load_before: float
    fresh: Measured
    fresh_parallel: Measured | None
    runner: Measured
    bare: Measured | None = None
    import_seconds: float | None = None
    engine: str = "local"
    setup: Setup | None = None

    @property
    def ways(self) -> list[Measured]:
        """Return every way that was measured."""
        return [way for way in (self.fresh, self.fresh_parallel, self.runner, self.bare) if way is not None]

    @property
    def gain(self) -> float:
        """The runner against a fresh process for each cell, one after the other."""
        return ratio(self.runner.rate, self.fresh.rate)

    @property
    def gain_parallel(self) -> float | None:
        """The runner against fresh processes, as many at a time as there are cores."""
        return ratio(self.runner.rate, self.fresh_parallel.rate) if self.fresh_parallel else None

    @property
    def limit(self) -> float | None:
        """The bare work in one warm process against the runner."""
        return ratio(self.bare.rate, self.runner.rate) if self.bare else None

    @property
    def same_work(self) -> bool:
        """Whether every cell passed in every way, and no two ways that should run the same cells ran other numbers of them."""
        slow = [way for way in (self.fresh, self.fresh_parallel) if way is not None]
        quick = [way for way in (self.runner, self.bare) if way is not None]
        return not any(way.missed for way in self.ways) and all(len({way.cells for way in ways}) == 1 for ways in (slow, quick))


def ratio(over: float, under: float) -> float:
    """Return over/under, 0.0 when there is nothing to divide by."""
    return over / under if under > 0 else 0.0


def mean(values: Sequence[float]) -> float | None:
    """Return the mean, None of nothing."""
    return fmean(values) if values else None
