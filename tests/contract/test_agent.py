"""The agent under every CPython of this machine, with a stand-in for TensorFlow: protocol, limits, and fixtures that misbehave."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.contract.fixtures_bad import BAD

HERE = Path(__file__).parent
AGENT = HERE.parents[1] / "runner" / "agent" / "__main__.py"
OLDEST = (3, 6)


def interpreters() -> list[Path]:
    """Return one interpreter of each CPython minor found on PATH and under pyenv."""
    places = [*os.environ["PATH"].split(os.pathsep)]
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    places += [str(found) for found in sorted(root.glob("versions/3.*/bin"))]
    found: dict[tuple[int, ...], Path] = {}
    for minor in range(OLDEST[1], 20):
        for place in places:
            path = shutil.which(f"python3.{minor}", path=place)
            if path and "shims" not in path and (3, minor) not in found:
                found[(3, minor)] = Path(path)
    return [found[key] for key in sorted(found)]


class Session:
    """A running agent and its files."""

    def __init__(self, python: Path, place: Path, isolation: str) -> None:
        self.place = place
        self.isolation = isolation
        environment = {"PATH": os.defpath, "HOME": str(place), "PYTHONPATH": str(HERE / "standin"), "LANG": "C.UTF-8"}
        command = [str(python), "-B", str(AGENT), "serve", "--isolation", isolation, "--scratch", str(place / "session")]
        self.errors = (place / "stderr").open("wb")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=self.errors, env=environment, text=True)
        self.ready = self.event()
        self.pids: list[int] = []
        """The children of the last request."""

    def event(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, (self.place / "stderr").read_text()
        event: dict[str, Any] = json.loads(line)
        return event

    def ask(self, source: str, **changes: Any) -> str:
        """Send a request for a fixture with this source text; return the path of the result."""
        folder = self.place / f"cell{len(list(self.place.glob('cell*')))}"
        folder.mkdir()
        (folder / "fixture.py").write_text(source)
        limits = {"seconds": 20, "memory_mb": 300, "disk_mb": 20} | changes.pop("limits", {})
        request = {
            "schema": 1,
            "id": "cell",
            "stage": "save",
            "fixture": {"name": "bad", "file": str(folder / "fixture.py"), "options": {}, "needs": []},
            "format": "h5",
            "loader": None,
            "artifact": str(folder / "artifact"),
            "scratch": str(folder / "scratch"),
            "result": str(folder / "result.json"),
            "log": str(folder / "log"),
            "limits": limits,
            "tolerances": {},
        } | changes
        (folder / "request.json").write_text(json.dumps(request))
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"request": str(folder / "request.json")}) + "\n")
        self.process.stdin.flush()
        return str(folder / "result.json")

    def run(self, source: str, **changes: Any) -> dict[str, Any]:
        expected = self.ask(source, **changes)
        self.pids = []
        while (event := self.event())["event"] == "started":
            self.pids.append(event["pid"])
        assert event == {"event": "done", "id": "cell", "result": expected}
        result: dict[str, Any] = json.loads(Path(expected).read_text())
        assert not Path(expected).parent.joinpath("scratch").exists()
        return result

    def close(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        code = self.process.wait(60)
        self.errors.close()
        return code


PYTHONS = interpreters()


@pytest.fixture(
    params=[(python, isolation) for python in PYTHONS for isolation in ("shared", "fork", "process")],
    ids=lambda item: f"{item[0].name}-{item[1]}",
)
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Session]:
    python, isolation = request.param
    running = Session(python, tmp_path, isolation)
    yield running
    running.process.kill()
    running.process.wait()
    running.errors.close()


def test_some_interpreter_was_found() -> None:
    assert PYTHONS


def test_fixtures_that_misbehave_end_as_what_they_are(session: Session) -> None:
    small = {"seconds": 3}
    ended = {
        name: session.run(source, limits=small if name in ("hangs", "ignores") else {}) for name, source in BAD.items() if name != "orphan"
    }
    assert (ended["segfault"]["ended"], ended["segfault"]["signal"], ended["segfault"]["phase"]) == ("signal", 11, "fixture")
    assert ended["leaves"]["ended"] == "lost"
    assert ended["leaves"]["phase"] == "fixture"
    assert "exit" in ended["exits"]["fixture_fault"].lower()
    assert "this fixture is wrong" in ended["raises"]["fixture_fault"]
    assert ended["hangs"]["ended"] == ended["ignores"]["ended"] == "timeout"
    assert ended["memory"]["ended"] == "memory"
    assert ended["memory"]["memory_peak_mb"] >= 300
    assert ended["disk"]["ended"] == "disk"
    for name in ("endless_noise", "one_file"):
        assert ended[name]["ended"] == "disk" or ended[name]["error"]["errno"] == errno.EFBIG
    assert "after the noise" in ended["noise"]["fixture_fault"]
    assert "\\xff" in ended["noise"]["log"]
    assert "after the lie" in ended["liar"]["fixture_fault"]
    assert "no function build" in ended["nothing"]["fixture_fault"]
    # After all of that the next cell is as good as the first.
    assert "this fixture is wrong" in session.run(BAD["raises"])["fixture_fault"]
    assert session.close() == 0


def test_what_a_fixture_leaves_running_is_killed(session: Session) -> None:
    session.run(BAD["orphan"])
    left = [child for child in psutil.Process(session.process.pid).children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    assert left == []
    sleepers = [process for process in psutil.process_iter(["cmdline"]) if "time.sleep(600)" in " ".join(process.info["cmdline"] or [])]
    assert [process for process in sleepers if not dead(process)] == []


def dead(process: psutil.Process) -> bool:
    """Say whether a process that was killed is dead, or dies while we wait; where nobody collects it, it stays as a zombie."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            process.wait(10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True


def test_a_runner_that_goes_away_takes_the_agent_and_its_child_along(session: Session) -> None:
    session.ask(BAD["hangs"])
    child = psutil.Process(session.event()["pid"])
    assert session.close() == 1
    child.wait(20)


def test_what_the_environment_lacks_is_said_with_a_reason(session: Session) -> None:
    result = session.run(BAD["raises"], format="export")
    assert result["unsupported"] == {"reason": "format-unsupported", "why": "there is no Model.export"}
    result = session.run(BAD["raises"], stage="load", format="saved-model", loader="tfsm-layer")
    assert result["unsupported"] == {"reason": "loader-unsupported", "why": "there is no keras.layers.TFSMLayer"}
    result = session.run(BAD["nothing"], fixture={"name": "x", "file": "/nowhere.py", "options": {}, "needs": ["no_such_module"]})
    assert result["unsupported"]["reason"] == "need-unmet"


@pytest.mark.parametrize(
    ("need", "why"),
    [
        ("tensorflow.keras.models", None),
        ("tensorflow.keras.models:load_model", None),
        ("json.decoder:JSONDecoder", None),
        ("tensorflow.keras.models:sing", "tensorflow.keras.models does not import"),
        ("json.decoder:sing", "json.decoder has no sing"),
    ],
)
def test_a_need_is_met_by_what_imports_and_by_what_is_only_reachable(session: Session, need: str, why: str | None) -> None:
    result = session.run(BAD["nothing"], fixture={"name": "x", "file": "/nowhere.py", "options": {}, "needs": [need]})
    if why is None:
        assert result["unsupported"] is None
        assert "/nowhere.py" in result["fixture_fault"]
    else:
        assert result["unsupported"]["why"].startswith(why)


def test_the_ready_event_says_what_is_there(session: Session) -> None:
    if session.isolation == "process":
        # It starts a process for each cell, and imports nothing itself.
        assert not session.ready["facts"]
        return
    assert session.ready["facts"]["tensorflow"]["module_version"] == "0.0-standin"
    assert session.ready["facts"]["capabilities"]["formats"]["h5"] is True
