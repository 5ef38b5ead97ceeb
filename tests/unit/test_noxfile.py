"""The noxfile is a thin front door: the right packages, the promised sessions, one clear line for each."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from runner.cli import app
from tests.nox_sessions import NOXFILE, Session, script_metadata, sessions

PROJECT = tomllib.loads((Path(NOXFILE).parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PROMISED = ("matrix", "plan", "report", "save", "load", "lock", "images", "doctor", "bench", "nightly", "tests", "lint")


def requirements(lines: list[str]) -> set[str]:
    return {str(Requirement(line)) for line in lines}


def test_nox_installs_what_the_project_needs_and_itself() -> None:
    block = requirements(script_metadata()["dependencies"])
    own = {line for line in block if Requirement(line).name == "nox"}
    assert len(own) == 1
    assert block - own == requirements(PROJECT["dependencies"])


def test_both_ask_for_the_same_python() -> None:
    assert script_metadata()["requires-python"] == PROJECT["requires-python"]


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_session_exists(name: str) -> None:
    assert name in sessions()


@pytest.mark.parametrize("session", sessions().values(), ids=lambda session: session.name)
def test_a_session_has_one_line_of_text(session: Session) -> None:
    assert session.text, f"{session.name} has no docstring"
    assert "\n" not in session.text
    assert session.text.endswith(".") or "`" in session.text


@pytest.mark.parametrize("session", [session for session in sessions().values() if session.command], ids=lambda session: session.name)
def test_a_session_calls_a_command_that_exists(session: Session) -> None:
    assert session.command in {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}


def test_save_load_and_images_take_an_environment() -> None:
    assert {name for name, session in sessions().items() if session.parametrized} == {"save", "load", "images"}


CALL = """
import runpy, sys
from unittest.mock import MagicMock
sys.modules["nox"] = MagicMock()
runpy.run_path(sys.argv[1])["runner"](MagicMock(posargs=[]), "run")
"""
RUNNER = """
import signal, sys
asked = {signal.SIGINT, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, asked)
print("ready", flush=True)
first = signal.sigwait(asked)
print(first.name, "again" if signal.sigtimedwait(asked, 0.3) else "once", flush=True)
sys.exit(130)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_whoever_ends_a_session_ends_the_runner_and_asks_it_once(send: Callable[[int, int], None], number: int, tmp_path: Path) -> None:
    """As `systemctl stop` does, which asks nox alone, and a terminal, which asks all of its group."""
    (tmp_path / "runner").mkdir()
    (tmp_path / "runner" / "__init__.py").touch()
    (tmp_path / "runner" / "__main__.py").write_text(RUNNER)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [sys.executable, "-c", CALL, str(NOXFILE)]
    with subprocess.Popen(words, cwd=tmp_path, env=environ, start_new_session=True, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        send(process.pid, number)
        try:
            said, _ = process.communicate(timeout=30)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert said == f"{signal.Signals(number).name} once\n"
    assert process.returncode == 130
