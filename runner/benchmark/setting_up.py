"""Set-up from nothing: the environment by the engine with an empty uv cache, against `python -m venv` and `pip install`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from runner.benchmark.figures import Setup
from runner.engines import make_engine
from runner.errors import EngineFault
from runner.interpreters import find_interpreter
from runner.locks import read_lock
from runner.model import Environment
from runner.uv_command import find_uv

PIP_SECONDS = 1200.0


def measure_setup(environment: Environment, locks: Path, place: Path) -> Setup:
    """Build the environment both ways below `place`, each until TensorFlow was imported once, and return the seconds."""
    engine, first = _timed(lambda: _by_engine(environment, locks, place))
    pip, second = _timed(lambda: _by_pip(environment, locks, place))
    return Setup(engine=engine, pip=pip, why="; ".join(why for why in (first, second) if why))


def _timed(build: Callable[[], None]) -> tuple[float | None, str]:
    """Return the seconds that `build` takes, or None and why it failed."""
    started = time.monotonic()
    try:
        build()
    except (EngineFault, OSError, subprocess.SubprocessError) as error:
        return None, str(error)
    return time.monotonic() - started, ""


def _by_engine(environment: Environment, locks: Path, place: Path) -> None:
    with _variable("UV_CACHE_DIR", str(place / "uv-cache")):
        engine = make_engine("local", locks=locks, cache=place / "cache")
        try:
            engine.prepare(environment)
        finally:
            engine.close()


def _by_pip(environment: Environment, locks: Path, place: Path) -> None:
    """What the engine does too, as one does it by hand: make a venv, install what is locked, import TensorFlow."""
    python = find_interpreter(environment.python, uv=find_uv()).path
    venv = place / "venv"
    inside = str(venv / "bin" / "python")
    _run([str(python), "-m", "venv", str(venv)])
    _run([inside, "-m", "pip", "install", "--no-cache-dir", "-r", str(read_lock(environment, locks).path.absolute())])
    _run([inside, "-c", "import tensorflow"])


def _run(command: list[str]) -> None:
    environ = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    environ |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "CUDA_VISIBLE_DEVICES": "-1"}
    done = subprocess.run(command, capture_output=True, env=environ, timeout=PIP_SECONDS, check=False)
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise subprocess.SubprocessError(f"{' '.join(command[1:4])} ended with {done.returncode}: {''.join(last)[:300]}")


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for a while: uv takes its settings from there."""
    earlier = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if earlier is None:
            del os.environ[name]
        else:
            os.environ[name] = earlier
