"""Loads that share a forked child, under every CPython of this machine: when they do, and that nothing but a pass comes of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.contract.test_agent import PYTHONS, Session

FIXTURE = '''
import os

def build(tf):
    """Never called by these loads."""

def data(random):
    return [], []

def custom_objects(tf):
    with open(os.path.join(os.path.dirname(__file__), "behaviour")) as stream:
        exec(stream.read(), {"tf": tf})
    return {}
'''
EXPECTED = {
    "input_names": [],
    "further_names": [],
    "words": [],
    "interface": {"inputs": [], "outputs": []},
    "output_names": [],
    "stateful": False,
    "computed_in": [],
    "noise": {},
    "dtypes": {
        "outputs": ["float32"],
        **{name: [] for name in ("further", "predicted", "weights", "beside", "slots")},
        **{name: [] for name in ("next", "fresh", "next_slots", "drawn_next", "drawn_fresh")},
    },
}
SECONDS = 2


class Loads(Session):
    """An agent whose loads share a child, with an artifact for them."""

    def __init__(self, python: Path, place: Path) -> None:
        super().__init__(python, place, "shared")
        self.artifact = place / "artifact"
        (self.artifact / "model").mkdir(parents=True)
        (self.artifact / "model" / "model.h5").write_text("")
        (self.artifact / "manifest.json").write_text('{"optimizer_in_artifact": false}')
        (self.artifact / "expectation.json").write_text(json.dumps({**EXPECTED, "custom_names": {}}))
        self.fixture = place / "shared_fixture.py"
        self.fixture.write_text(FIXTURE)

    def load(self, behaviour: str = "", **changes: Any) -> dict[str, Any]:
        """Run a load in which the fixture does what `behaviour` says."""
        (self.place / "behaviour").write_text(behaviour)
        fixture = {"name": "shared", "file": str(self.fixture), "options": changes.pop("options", {}), "needs": []}
        given = {"stage": "load", "loader": "saved-model-load", "artifact": str(self.artifact), "limits": {"seconds": SECONDS}}
        return self.run("", fixture=fixture, **{**given, **changes})

    def passes(self, behaviour: str = "", **changes: Any) -> int:
        """Run a load that must pass, and return its child."""
        result = self.load(behaviour, **changes)
        told = (result["log"], result["error"], result["fixture_fault"], result["notes"])
        assert (result["ended"], result["exit_code"], result["phase"], result["checks"]["outputs"]["result"]) == (
            "exit",
            0,
            "done",
            "passed",
        ), told
        return self.pids[-1]


@pytest.fixture(params=PYTHONS, ids=lambda python: python.name)
def loads(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Loads]:
    running = Loads(request.param, tmp_path)
    yield running
    running.process.kill()
    running.process.wait()
    running.errors.close()


def is_gone(pid: int) -> bool:
    """Say whether a process ends within seconds."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_loads_that_pass_share_a_child(loads: Loads) -> None:
    first = loads.load()
    assert "shared" not in first["notes"]
    (child,) = loads.pids
    second = loads.load("print('said by the second')")
    assert (loads.pids, second["notes"]["shared"]) == ([child], 2)
    assert "said by the second" in second["log"]
    assert "said by the second" not in first["log"]
    # The sixteenth is the last one.
    assert {loads.passes() for _ in range(14)} == {child}
    assert loads.passes() != child
    assert is_gone(child)


def test_what_is_not_alike_does_not_share(loads: Loads) -> None:
    seen = [
        loads.passes(),
        loads.passes(options={"compiled": False}),
        loads.passes(options={"compiled": False}, limits={"seconds": 3}),
        loads.passes(options={"compiled": False}, limits={"seconds": 3}, tolerances={"float32": {"absolute": 1, "relative": 1}}),
    ]
    assert len(set(seen)) == 4
    assert all(is_gone(child) for child in seen[:3])


def test_a_save_never_shares(loads: Loads) -> None:
    child = loads.passes()
    assert "this fixture is wrong" in loads.run("raise RuntimeError('this fixture is wrong')")["fixture_fault"]
    assert loads.pids != [child]
    assert is_gone(child)
    assert loads.passes() not in (child, *loads.pids[:-1])


def test_a_failure_in_first_place_counts_and_ends_the_child(loads: Loads) -> None:
    assert "first of all" in loads.load("raise RuntimeError('first of all')")["fixture_fault"]
    (child,) = loads.pids
    assert is_gone(child)
    assert loads.passes() != child


def test_a_failure_that_only_sharing_shows_does_not_count(loads: Loads) -> None:
    child = loads.passes("tf.left_over = True")
    result = loads.load("assert not hasattr(tf, 'left_over')")
    assert loads.pids[0] == child != loads.pids[1]
    assert result["fixture_fault"] is None
    assert result["phase"] == "done"
    assert "shared" not in result["notes"]
    assert result["notes"]["ran_before"]["shared"] == 2


def test_a_failure_in_second_place_comes_from_a_child_of_its_own(loads: Loads) -> None:
    child = loads.passes()
    result = loads.load("import os\nraise RuntimeError('in %d' % os.getpid())")
    assert loads.pids[0] == child != loads.pids[1]
    assert f"in {loads.pids[1]}" in result["fixture_fault"]
    assert f"in {loads.pids[1]}" in result["log"]
    assert f"in {child}" not in result["log"]


def test_what_failed_has_a_child_of_its_own_next_time_and_leaves_the_shared_one_alone(loads: Loads) -> None:
    loads.load("raise RuntimeError('no')", format="keras-dir")
    child = loads.passes()
    loads.load("raise RuntimeError('no')", format="keras-dir")
    assert len(loads.pids) == 1
    assert loads.pids != [child]
    assert loads.passes() == child
    # Once it passes, it is trusted again.
    assert loads.passes(format="keras-dir") != child
    assert loads.passes(format="keras-dir") == child == loads.passes()


def test_a_crash_in_second_place_leaves_the_agent_alive(loads: Loads) -> None:
    child = loads.passes()
    result = loads.load("import os\nos.kill(os.getpid(), 11)")
    assert (result["ended"], result["signal"], len(loads.pids)) == ("signal", 11, 2)
    assert is_gone(child)
    child = loads.passes(format="keras-dir")
    result = loads.load("import os\nos._exit(0)", format="keras-dir")
    assert (result["ended"], loads.pids[0], len(loads.pids)) == ("lost", child, 2)
    child = loads.passes(format="checkpoint")
    started = time.monotonic()
    result = loads.load("while True:\n    pass", format="checkpoint")
    assert (result["ended"], len(loads.pids)) == ("timeout", 2)
    # Each attempt has all of the time.
    assert time.monotonic() - started > 2 * SECONDS
    assert loads.passes() not in loads.pids[:-1]


def test_a_crash_of_the_reset_is_not_held_against_the_load(loads: Loads) -> None:
    loads.passes("import os\ntf.keras.backend.clear_session = lambda: os.kill(os.getpid(), 11)")
    assert len(loads.pids) == 2
    # Nor is what is said by objects that die in it, though it is never dropped either: a child of its own decides.
    loads.passes("import warnings\ntf.keras.backend.clear_session = lambda: warnings.warn('this could not be loaded')")
    assert len(loads.pids) == 2


def test_a_partial_restore_in_the_log_alone_does_not_share(loads: Loads) -> None:
    child = loads.passes()
    result = loads.load("import os\nos.write(2, b'Not all checkpointed values were used\\n')")
    assert [warning["partial"] for warning in result["warnings"]] == [True]
    assert loads.pids[0] == child != loads.pids[-1]


def test_the_second_load_finds_the_process_as_the_first_one_did(loads: Loads) -> None:
    leaves = (
        "import logging, os, random, sys, tempfile, warnings\n"
        "tf.keras.utils.get_custom_objects()['left'] = object\n"
        "os.environ['LEFT'] = 'here'\nsys.path.append('/left')\ntempfile.gettempdir()\n"
        "warnings.simplefilter('ignore')\nrandom.seed(5)\nopen('left', 'w').close()\n"
        "sys.modules['fixture_shared_fixture'].left = True\n"
    )
    looks = (
        "import os, random, sys, tempfile, warnings\n"
        "assert not tf.keras.utils.get_custom_objects()\nassert 'LEFT' not in os.environ\nassert '/left' not in sys.path\n"
        "assert tempfile.gettempdir() == os.getcwd() == os.environ['TMPDIR']\nassert not os.listdir('.') or os.listdir('.') == ['model']\n"
        "assert not hasattr(sys.modules['fixture_shared_fixture'], 'left')\n"
        "now = random.getstate(); random.seed(11); assert random.getstate() == now\n"
        "warnings.warn('heard')\n"
    )
    child = loads.passes(leaves)
    result = loads.load(looks)
    assert loads.pids == [child], result["notes"]
    assert [warning["message"] for warning in result["warnings"]] == ["heard"]


@pytest.mark.parametrize(
    "leaves",
    [
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "import logging\nlogging.getLogger('tensorflow').setLevel('ERROR')",
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])",
        "import sys\nsys.stderr = open('/dev/null', 'w')",
        "tf.Variable = type('Variable', (), {})\nimport gc\ntf.kept = tf.Variable()",
    ],
    ids=["thread", "logger", "process", "stream", "variable"],
)
def test_a_child_in_which_something_is_left_ends(loads: Loads, leaves: str) -> None:
    child = loads.passes(leaves)
    assert loads.pids == [child]
    assert is_gone(child)
    assert loads.passes("assert not hasattr(tf, 'kept')") != child
    assert len(loads.pids) == 1


def test_what_a_load_leaves_running_is_killed(loads: Loads) -> None:
    loads.passes("import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])")
    assert [child for child in psutil.Process(loads.process.pid).children() if child.status() != psutil.STATUS_ZOMBIE] == []
    sleepers = [process for process in psutil.process_iter(["cmdline"]) if "time.sleep(600)" in " ".join(process.info["cmdline"] or [])]
    assert [process for process in sleepers if process.status() != psutil.STATUS_ZOMBIE] == []


def test_the_end_of_requests_leaves_no_process(loads: Loads) -> None:
    child = loads.passes()
    assert psutil.pid_exists(child)
    assert loads.close() == 0
    assert is_gone(child)


def test_a_runner_that_goes_away_takes_a_shared_child_along(loads: Loads) -> None:
    child = loads.passes()
    (loads.place / "behaviour").write_text("import time\ntime.sleep(60)")
    fixture = {"name": "shared", "file": str(loads.fixture), "options": {}, "needs": []}
    loads.ask("", stage="load", loader="saved-model-load", artifact=str(loads.artifact), fixture=fixture, limits={"seconds": SECONDS})
    assert loads.event()["pid"] == child
    assert loads.close() == 1
    assert is_gone(child)


def test_an_agent_that_is_killed_takes_its_child_along(loads: Loads) -> None:
    child = loads.passes()
    loads.process.kill()
    assert is_gone(child)
