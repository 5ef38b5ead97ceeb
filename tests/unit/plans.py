"""Small selections and plans for tests."""

from __future__ import annotations

from pathlib import Path

from runner.model import Environment, Fixture, Limits, Tolerance
from runner.plan import Plan, make_plan
from runner.selection import Selection
from runner.spec import MatrixSpec

FORMATS = (("h5", ("load-model", "load-weights")), ("checkpoint", ("checkpoint-restore",)))


def environment(name: str) -> Environment:
    """Return an environment with this id."""
    return Environment(id=name, tensorflow="2.15.1", python="3.11")


def fixture(
    name: str = "sequential",
    *,
    file: Path = Path("/nowhere/sequential.py"),
    formats: tuple[str, ...] = ("h5", "checkpoint"),
    fault: str | None = None,
) -> Fixture:
    """Return a fixture with this name."""
    return Fixture(name=name, file=file, formats=formats, fault=fault)


def selection(
    names: tuple[str, ...] = ("a", "b"),
    *,
    pairs: tuple[tuple[str, str], ...] | None = None,
    fixtures: tuple[Fixture, ...] = (fixture(),),
    formats: tuple[tuple[str, tuple[str, ...]], ...] = FORMATS,
    limits: Limits | None = None,
) -> Selection:
    """Return a selection of environments with all their pairs."""
    environments = tuple(environment(name) for name in names)
    spec = MatrixSpec(
        path=Path("matrix.yaml"),
        sha256="0" * 64,
        environments=environments,
        fixtures=fixtures,
        formats=formats,
        limits=limits or Limits(),
        tolerances=(("float32", Tolerance(absolute=1e-5, relative=1e-5)),),
        memory_mb=None,
        jobs=None,
        profiles=(),
        locks=Path("locks"),
    )
    every = tuple((producer, consumer) for producer in names for consumer in names)
    return Selection(
        spec=spec, profile="all", environments=environments, pairs=every if pairs is None else pairs, fixtures=fixtures, formats=formats
    )


def plan(*args: object, **kwargs: object) -> Plan:
    """Return the plan of `selection(...)`."""
    return make_plan(selection(*args, **kwargs))  # type: ignore[arg-type]
