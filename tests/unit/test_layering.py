"""Imports are one-way: rooms import only from the rooms named for them, islands from nobody, and nothing goes in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNNER = ROOT / "runner"
AGENT = RUNNER / "agent"

LONGEST = 300
LONGER = {
    "runner.model": 530,
    "runner.cli": 420,
}
"""Two lists that grow by lines and not by thought: the words of the project with their fields, and the commands with their options."""

ROOMS: dict[str, tuple[str, ...]] = {
    "words": ("runner", "model", "errors", "formats", "faults", "events", "nearest", "machine", "expectations", "canaries", "standing"),
    "matrix": (
        *("source", "shape", "matrix_file", "schemas", "releases", "versions", "environments"),
        *("pairs", "catalogue", "profiles", "spec", "selection", "additions"),
    ),
    "plan": ("plan", "shards"),
    "tools": ("uv_command", "interpreters", "locks"),
    "engines": ("engines",),
    "records": ("records", "store", "artifacts", "keys", "protocol", "verdict", "classify", "classify_faults", "shelf", "warehouse"),
    "execution": ("schedule", "confirm", "reuse", "worker", "crew", "walk", "executor"),
    "judgement": ("judge", "banner", "inputs", "compare", "upgrade", "history"),
    "diagnosis": ("diagnose", "rules"),
    "reports": ("reports", "progress", "progress_live"),
    "commands": (
        *("cli", "__main__", "locking", "imaging", "package_index", "reproduce", "bench", "benchmark", "reports.planned"),
        "reports.catalogue_tables",
        *("doctor", "checkup", "options", "merging", "history_commands", "querying", "keeping", "retention", "nightly"),
        *("comparing", "expecting", "baselines", "writing", "closed_pipe", "step_summary", "report_files", "running"),
    ),
}
"""Modules and packages of each room, as docs/architecture.md describes them."""

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "words": (),
    "matrix": ("words",),
    "plan": ("words",),
    "tools": ("words",),
    "engines": ("words", "tools"),
    "records": ("words",),
    "execution": ("words", "plan", "engines", "records", "diagnosis"),
    "judgement": ("words",),
    "diagnosis": ("words",),
    "reports": ("words", "judgement", "diagnosis"),
    "commands": tuple(ROOMS),
}

FROM_AFAR = {("runner.progress", "runner.progress_live")}
"""Imports within a function that would close a circle: the live display is fetched only where there is a terminal."""


@dataclass(frozen=True)
class Import:
    """One import of a module: of what, and whether types alone need it or a function makes it when it is called."""

    target: str
    typing: bool
    late: bool


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(RUNNER.rglob("*.py")) if AGENT not in path.parents}


def imports(path: Path) -> Iterator[Import]:
    """Yield every import of a module, as full names; `from package import module` counts as the module where it is one."""
    yield from _imports(ast.parse(path.read_text(encoding="utf-8")), path, typing=False, late=False)


def _imports(node: ast.AST, path: Path, *, typing: bool, late: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                for alias in child.names:
                    yield Import(alias.name, typing, late)
            case ast.ImportFrom():
                package = [name_of(path.parents[child.level - 1])] if child.level else []
                module = ".".join([*package, *([child.module] if child.module else [])])
                for alias in child.names:
                    inner = f"{module}.{alias.name}"
                    yield Import(inner if inner in MODULES else module, typing, late)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                yield from _imports(child, path, typing=typing, late=True)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _imports(child, path, typing=True, late=late)
            case _:
                yield from _imports(child, path, typing=typing, late=late)


def own(path: Path) -> list[Import]:
    return [item for item in imports(path) if item.target.split(".")[0] == "runner" and not item.typing]


def room_of(module: str) -> str:
    """Return the room of a module: that of the longest name that fits."""
    inner = module.removeprefix("runner.")
    fitting = {
        name: room
        for room, names in ROOMS.items()
        for name in names
        if inner == name or (inner.startswith(f"{name}.") and name != "runner")
    }
    assert fitting, f"{module} is in no room: say in ROOMS and in docs/architecture.md which one it belongs to"
    return fitting[max(fitting, key=len)]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_the_rooms_below(module: str) -> None:
    room = room_of(module)
    allowed = {room, *MAY_IMPORT[room]}
    wrong = [item.target for item in own(MODULES[module]) if room_of(item.target) not in allowed]
    assert not wrong, f"{module} is in the room {room!r} and imports {', '.join(wrong)}"


def test_the_model_imports_nothing_of_the_project() -> None:
    assert not own(MODULES["runner.model"])


def test_one_module_reads_yaml_and_only_the_matrix_needs_it() -> None:
    readers = {name for name, path in MODULES.items() if any(item.target.split(".")[0] == "yaml" for item in imports(path))}
    assert readers == {"runner.source"}
    users = {name for name, path in MODULES.items() if any(item.target == "runner.source" for item in own(path))}
    assert {room_of(name) for name in users} == {"matrix"}


def test_judging_and_reporting_start_no_process() -> None:
    for name, path in MODULES.items():
        if room_of(name) in ("judgement", "reports", "plan", "matrix"):
            assert not {item.target for item in imports(path)} & {"subprocess", "multiprocessing", "psutil"}, name


@pytest.mark.parametrize("path", [*sorted(AGENT.glob("*.py")), *sorted((ROOT / "fixtures").glob("*.py"))], ids=name_of)
def test_an_island_imports_nothing_of_the_project(path: Path) -> None:
    roots = {item.target.split(".")[0] for item in imports(path)}
    assert not roots & {"runner", "tests", *(("fixtures",) if AGENT in path.parents else ("agent", "fixtures"))}


@pytest.mark.parametrize("module", MODULES)
def test_nobody_imports_an_island(module: str) -> None:
    wrong = [item.target for item in imports(MODULES[module]) if item.target.startswith(("runner.agent", "agent", "fixtures"))]
    assert not wrong


def test_there_are_no_circles() -> None:
    edges = {
        name: {item.target for item in own(path) if not (item.late and (name, item.target) in FROM_AFAR)} - {name}
        for name, path in MODULES.items()
    }
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' -> '.join(error.args[1])}")


@pytest.mark.parametrize("path", sorted([*RUNNER.rglob("*.py"), *(ROOT / "fixtures").glob("*.py")]), ids=name_of)
def test_a_module_is_short_and_has_a_name(path: Path) -> None:
    assert path.stem.strip("_") not in ("utils", "util", "helpers", "misc", "common")
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGER.get(name_of(path), LONGEST), f"{lines} lines: a module does one thing"
