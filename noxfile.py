# /// script
# requires-python = ">=3.11"
# dependencies = [
#     "nox>=2025.2.9",
#     "docker>=7.1",
#     "duckdb>=1.4",
#     "jinja2>=3.1",
#     "packaging>=24",
#     "psutil>=6",
#     "pydantic>=2.7",
#     "pyyaml>=6.0.1",
#     "resvg-py>=0.5",
#     "rich>=13.7",
#     "typer>=0.12",
#     "uv>=0.9.30",
# ]
# ///
"""The front door: every session calls `python -m runner`, with what stands behind `--` passed on.

nox reads the block above and makes one environment with these packages, in which the sessions run; `pip install nox`
is all there is to install. `pyproject.toml` lists the same packages for those who install the project itself.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["matrix"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True

LOCKED = sorted((path.stem for path in Path("images/locks").glob("*.txt")), key=lambda name: [int(n) for n in re.findall(r"\d+", name)])
PROJECT = nox.project.load_toml("pyproject.toml")


def runner(session: nox.Session, *arguments: str) -> None:
    """Run a command of the runner in nox's own environment; its exit code becomes nox's."""
    command = [sys.executable, "-m", "runner", *arguments, *session.posargs]
    asked: list[int] = []
    started: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        asked.append(number)
        for process in started:
            process.send_signal(number)

    # Whoever is asked to end hands it on and waits: the runner ends its run in good order, and says how to go on.
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    earlier = {number: signal.signal(number, hand_on) for number in numbers}
    try:
        # In a group of its own it hears of a signal once, from here: a second one would end it wherever it is.
        with subprocess.Popen(command, env={**os.environ, "TFMATRIX_FRONT": "nox"}, process_group=0) as process:
            started.append(process)
            for number in asked[:1]:
                process.send_signal(number)
            code = process.wait()
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    if code:
        sys.exit(code if code > 0 else 128 - code)


@nox.session(venv_backend="none")
def matrix(session: nox.Session) -> None:
    """Save and load every fixture across the environments of the default profile, and report. The main job."""
    runner(session, "run")


@nox.session(venv_backend="none")
def plan(session: nox.Session) -> None:
    """Show what `matrix` would run, what is known already, and how long it takes."""
    runner(session, "plan")


@nox.session(venv_backend="none")
def report(session: nox.Session) -> None:
    """Report on the newest run: `-- --as markdown --output FILE`."""
    runner(session, "report")


@nox.session(venv_backend="none")
def compare(session: nox.Session) -> None:
    """Compare two runs, or two environments: `-- RUN@tf2.15-py311 RUN@tf2.16-py311 --as markdown`."""
    runner(session, "compare")


@nox.session(venv_backend="none")
@nox.parametrize("environment", [nox.param(name, id=name) for name in LOCKED])
def save(session: nox.Session, environment: str) -> None:
    """Save every fixture in this environment."""
    runner(session, "save", environment)


@nox.session(venv_backend="none")
@nox.parametrize("environment", [nox.param(name, id=name) for name in LOCKED])
def load(session: nox.Session, environment: str) -> None:
    """Load in this environment what every environment of its profile saves."""
    runner(session, "load", environment)


@nox.session(venv_backend="none")
def lock(session: nox.Session) -> None:
    """Resolve the environments of matrix.yaml and write images/locks: `-- ENVIRONMENT` for one."""
    runner(session, "lock")


@nox.session(venv_backend="none")
def images(session: nox.Session) -> None:
    """Build the container images of the default profile; `-- --list` and `-- --prune` for those that are there."""
    runner(session, "images")


def image_of(environment: str) -> None:
    """Make the session of one image. No parameter of `images`: that alone would run once for each environment."""

    @nox.session(name=f"images({environment})", venv_backend="none")
    def image(session: nox.Session) -> None:
        """Build the container image of this environment."""
        runner(session, "images", environment)


for locked in LOCKED:
    image_of(locked)


@nox.session(venv_backend="none")
def doctor(session: nox.Session) -> None:
    """Say what this machine can do, and what to do about what is missing."""
    runner(session, "doctor")


@nox.session(venv_backend="none")
def bench(session: nox.Session) -> None:
    """Measure the runner against a fresh process per cell and against the bare work."""
    runner(session, "bench")


@nox.session(venv_backend="none")
def nightly(session: nox.Session) -> None:
    """Run what is new with the rest, compare with the last night, report, and tell a webhook on news."""
    runner(session, "nightly")


@nox.session(name="runner", venv_backend="none")
def any_command(session: nox.Session) -> None:
    """Run any command of the runner: `-- show CELL`, `-- reproduce CELL`, `-- --help`."""
    runner(session)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests, two files at a time; what stands behind `--` goes to pytest."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, "test"))
    session.run("python", "-m", "pytest", "-n", "2", "--durations", "15", *session.posargs)


@nox.session
def bench_page(session: nox.Session) -> None:
    """Measure the page of a run of 45,000 cells in Chromium: its size, how fast it opens and filters."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, "test"))
    session.run("python", "-m", "tests.browser.measure", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and types."""
    session.install("-e", ".", *nox.project.dependency_groups(PROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
