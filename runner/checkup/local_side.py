"""The facts about this machine and its local engine: uv, interpreters, locks, disk, cores, memory. Looks, and changes nothing."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from runner import machine
from runner.engines.venvs import cache_root
from runner.errors import EngineFault
from runner.interpreters import find_interpreter
from runner.locks import fingerprint, read_lock
from runner.model import Environment
from runner.spec import MatrixSpec
from runner.uv_command import find_uv, run_uv

Facts = dict[str, Any]


def local_facts(environments: Iterable[Environment], spec: MatrixSpec) -> Facts:
    """Return what the local engine has and lacks: for the environments given, and for the others of the matrix as a note."""
    chosen = list(environments)
    pythons = list(dict.fromkeys(environment.python for environment in chosen))
    others = sorted({environment.python for environment in spec.environments} - set(pythons), key=lambda text: [*map(int, text.split("."))])
    uv = _safely(_uv)
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "uv": uv,
        "pythons": {version: _safely(partial(_python, version)) for version in pythons},
        "other_pythons": {version: _safely(partial(_python, version)) for version in others},
        "downloads": not (
            os.environ.get("UV_PYTHON_DOWNLOADS", "automatic").lower() in {"never", "manual", "false"} or os.environ.get("UV_OFFLINE")
        ),
        "cache": _safely(lambda: _cache(chosen, spec)),
    }


def lock_facts(environments: Iterable[Environment], spec: MatrixSpec) -> dict[str, str | None]:
    """Return by environment why it has no lock that answers the matrix, None where it has."""
    found: dict[str, str | None] = {}
    for environment in environments:
        try:
            read_lock(environment, spec.locks)
            found[environment.id] = None
        except Exception as error:
            found[environment.id] = str(error)
    return found


def machine_facts(spec: MatrixSpec) -> Facts:
    """Return cores, memory, what control groups allow, and how many agents that gives."""
    from runner.executor import MEMORY_SHARE, resources

    def offered() -> Facts:
        found = resources(jobs=spec.jobs, memory_mb=spec.memory_mb)
        share = spec.memory_mb if spec.memory_mb is not None else int(machine.memory_mb() * MEMORY_SHARE)
        own = {"cores": machine.cores(), "memory_mb": machine.memory_mb()}
        return own | {"budget_mb": share, "agents": found.slots, "alive": found.room}

    return {
        "system": platform.platform(),
        "jobs_asked": spec.jobs,
        "memory_mb_asked": spec.memory_mb,
        **_safely(offered),
        "cgroup": _safely(lambda: asdict(machine.cgroup())),
        "fork": platform.system() == "Linux" and Path("/proc/self/stat").exists(),
    }


def _safely(look: Callable[[], Facts]) -> Facts:
    """Return what is found, or `why` nothing is: one thing that cannot be looked at hides no other."""
    try:
        return look()
    except EngineFault as fault:
        return {"why": fault.message}
    except Exception as error:
        return {"why": f"{type(error).__name__}: {error}"}


def _uv() -> Facts:
    uv = find_uv()
    answer = run_uv(uv, ["--version"], seconds=30)
    if answer.code != 0:
        return {"path": str(uv), "why": f"`{uv} --version` ended with {answer.code}: {' '.join(answer.errors.split())[:200]}"}
    return {"path": str(uv), "version": [*answer.output.split(), "?", "?"][1]}


def _python(version: str) -> Facts:
    # Whether it is here is asked; a download is for the run.
    found = find_interpreter(version, uv=find_uv(), environ={**os.environ, "UV_PYTHON_DOWNLOADS": "never"})
    return {"path": str(found.path), "version": found.version}


def _cache(environments: Iterable[Environment], spec: MatrixSpec) -> Facts:
    root = cache_root()
    there = next(folder for folder in (root, *root.parents) if folder.exists())
    built = {}
    for environment in environments:
        try:
            key = fingerprint(environment, read_lock(environment, spec.locks).text)
        except EngineFault:
            continue
        built[environment.id] = (root / "envs" / key / "facts.json").is_file()
    return {
        "path": str(root),
        "writable": os.access(there, os.W_OK | os.X_OK) and there.is_dir(),
        "free_bytes": shutil.disk_usage(there).free,
        "built": built,
    }
