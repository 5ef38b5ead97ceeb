"""The noxfile is a thin front door: the right packages, the promised sessions, one clear line for each."""

from __future__ import annotations

import tomllib
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
