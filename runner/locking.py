"""The command `lock`: resolve environments side by side and write their locks; one that fails leaves the others alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from runner.errors import EngineFault, RunnerError
from runner.interpreters import find_interpreter
from runner.locks import lock, lock_path
from runner.model import Environment
from runner.package_index import newest_in_channel
from runner.selection import named
from runner.spec import load_matrix
from runner.uv_command import find_uv

AT_ONCE = 4


@dataclass(frozen=True)
class Locked:
    """What became of one environment: a line for people, and whether it failed."""

    line: str
    failed: bool = False


def lock_environments(patterns: tuple[str, ...], *, matrix: Path, console: Console) -> int:
    """Lock the environments of a matrix file that the patterns name (all without a pattern); 4 when one could not be resolved."""
    spec = load_matrix(matrix)
    chosen = named(spec, patterns, "lock") if patterns else spec.environments
    uv = find_uv()
    spec.locks.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = list(pool.map(lambda environment: _lock(environment, spec.locks, uv, console), chosen))
    failed = sum(result.failed for result in results)
    console.print(f"{len(results) - failed} of {len(results)} environments are locked in {spec.locks}", highlight=False, markup=False)
    return 4 if failed else 0


def _lock(environment: Environment, directory: Path, uv: Path, console: Console) -> Locked:
    try:
        result = _resolved(environment, directory, uv)
    except RunnerError as error:
        result = Locked(f"{environment.id}: failed: {error}", failed=True)
    console.print(result.line, highlight=False, markup=False, soft_wrap=True)
    return result


def _resolved(environment: Environment, directory: Path, uv: Path) -> Locked:
    if environment.channel is not None:
        version = newest_in_channel(environment, uv=uv)
        if version is None:
            return Locked(f"{environment.id}: left out: {environment.package} has no {environment.channel} for Python {environment.python}")
        environment = replace(environment, tensorflow=version)
    path = lock_path(environment, directory)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        python = find_interpreter(environment.python, uv=uv).path
    except EngineFault:
        # Wheels tell what they need without it; only packages that have none need a Python to be asked with.
        python = None
    lock(environment, directory, uv=uv, python=python)
    changed = path.read_text(encoding="utf-8") != before
    return Locked(f"{environment.id}: {'written' if changed else 'unchanged'}")
