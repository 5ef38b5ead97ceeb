"""Faults that need a container: a full disk, a read-only mount, and a directory that a user may not write to, all of them real."""

from __future__ import annotations

from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

from runner.model import Outcome, Run, Stage, Status
from tests.integration.runs import command, newest

pytestmark = pytest.mark.docker

ENVIRONMENT = "tf2.15-py311"
FORMATS = ("h5", "keras-v3", "checkpoint")
MATRIX = Path(__file__).parents[1] / "integration" / "faults.yaml"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    try:
        docker.from_env().ping()
    except DockerException as error:
        pytest.skip(f"no Docker engine answers: {error}")
    reports = tmp_path_factory.mktemp("mounts")
    arguments = ["--matrix", str(MATRIX), "--profile", "mounts", "--engine", "docker", "--env", ENVIRONMENT]
    done = command("run", *arguments, reports=reports)
    assert done.returncode == 0, done.stdout + done.stderr
    return newest(reports)


def one(run: Run, stage: Stage, fault: str, format_: str) -> Outcome:
    (found,) = (o for o in run.outcomes.values() if (o.stage, o.fault, o.format) == (stage, fault, format_))
    return found


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("disk_full", ("No space left", "errno = 28", "Errno 28")),
        ("read_only_target", ("Read-only file system", "errno = 30", "Errno 30")),
        ("no_permission", ("Permission denied", "errno = 13", "Errno 13")),
    ],
)
def test_the_save_says_what_befell_it_and_the_load_refuses_what_is_left(run: Run, fault: str, words: tuple[str, ...], format_: str) -> None:
    saved, loaded = one(run, Stage.SAVE, fault, format_), one(run, Stage.LOAD, fault, format_)
    assert (saved.status, saved.reason) == (Status.PASSED, None), saved
    assert saved.notes["fault"]["save"].startswith("raised")
    assert saved.error is not None and any(word in saved.error.message for word in words), saved.error
    assert loaded.notes["fault"]["load"].startswith("refused"), loaded
    left = saved.notes["fault"]["left"]
    if fault == "disk_full":
        # The disk has 256 KB; HDF5 leaves a file with a hole, which is longer than what is in it.
        assert left["bytes"] < saved.notes["fault"]["clean"]["bytes"]
    else:
        assert left["files"] == 0


def test_the_control_is_whole(run: Run) -> None:
    controls = [o for o in run.outcomes.values() if not o.fault and not o.canary]
    assert all(o.status in (Status.PASSED, Status.DEGRADED) for o in controls)
