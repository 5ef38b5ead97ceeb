"""Runs on the docker engine: the verdicts of the local engine, records of what was used, and nothing lost when the engine dies."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest

from runner.engines import make_engine
from runner.engines.docker.daemon import connect
from runner.engines.docker.engine import DockerEngine
from runner.engines.local import LocalEngine
from runner.model import ImageSettings, Outcome, Reason, Run, Stage, Status
from runner.spec import load_matrix
from runner.store import RunStore
from tests.docker.engines import LOCKS, left
from tests.integration.runs import ROOT, command, newest

pytestmark = pytest.mark.docker

MATRIX = Path(__file__).parent / "both.yaml"
OLD = "tf2.4-tfa0.14-py38"
DEADLINE_S = 240.0
FINAL = (Status.PASSED, Status.DEGRADED, Status.FAILED, Status.UNSUPPORTED)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("docker")
    done = command("run", "--matrix", str(MATRIX), reports=place, engine="docker")
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.fixture(scope="module")
def run(reports: Path) -> Run:
    return newest(reports)


def verdicts(run: Run) -> dict[str, tuple[object, ...]]:
    """Return of each save and load what it amounts to."""
    return {
        cell: (item.status, item.reason, item.checks, item.error and item.error.type, item.blocked_by)
        for cell, item in run.outcomes.items()
        if item.stage is not Stage.BUILD
    }


def test_both_engines_give_the_same_verdicts(run: Run, tmp_path: Path) -> None:
    done = command("run", "--matrix", str(MATRIX), reports=tmp_path, engine="local")
    assert done.returncode == 0, done.stdout + done.stderr
    here, there = verdicts(newest(tmp_path)), verdicts(run)
    assert len(here) > 100
    assert {Status.PASSED, Status.DEGRADED, Status.FAILED, Status.UNSUPPORTED, Status.BLOCKED} <= {verdict[0] for verdict in here.values()}
    assert {cell: (here[cell], there[cell]) for cell in here if here[cell] != there[cell]} == {}


def test_the_records_name_image_base_and_engine(run: Run) -> None:
    assert run.header.engine == "docker"
    assert run.header.engine_facts["version"]
    image = run.outcomes[f"build/{OLD}"].notes["facts"]["image"]
    assert image["id"].startswith("sha256:") and image["base_digest"].startswith("sha256:")
    assert image["base"] == "python:3.8-slim-bookworm"
    assert image["tag"] == f"tfmatrix:{run.header.environments[OLD]['fingerprint']}"


def test_files_are_the_callers_and_nothing_is_left_in_the_engine(reports: Path, run: Run) -> None:
    files = [path for path in reports.rglob("*") if path.is_file()]
    assert len(files) > 50
    assert {path.stat().st_uid for path in files} == {os.getuid()}
    with contextlib.closing(connect()) as client:
        assert left(client) == []


def test_again_redoes_nothing_and_starts_nothing(reports: Path, run: Run) -> None:
    done = command("run", "--matrix", str(MATRIX), reports=reports, engine="docker")
    assert done.returncode == 0, done.stdout + done.stderr
    again = newest(reports)
    assert verdicts(again) == verdicts(run)
    assert [
        item.id for item in again.outcomes.values() if item.reused_from is None and item.attempts and item.stage is not Stage.BUILD
    ] == []


def test_auto_takes_docker_where_it_serves_and_says_why_where_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environments = load_matrix(MATRIX).environments
    with contextlib.closing(make_engine("auto", locks=LOCKS, environments=environments, cache=tmp_path)) as made:
        assert isinstance(made, DockerEngine) and "Docker engine answers" in made.facts["why"]
    nowhere = ImageSettings(base="127.0.0.1:1/nobody/python:{python}")
    with contextlib.closing(make_engine("auto", locks=LOCKS, settings=nowhere, environments=environments, cache=tmp_path)) as made:
        assert isinstance(made, LocalEngine) and "127.0.0.1:1/nobody/python" in made.facts["why"]
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with contextlib.closing(make_engine("auto", locks=LOCKS, environments=environments, cache=tmp_path)) as made:
        assert isinstance(made, LocalEngine) and "no Docker engine answers" in made.facts["why"]
    refused = command("run", "--matrix", str(MATRIX), reports=tmp_path, engine="docker")
    assert refused.returncode == 4 and "no Docker engine answers" in refused.stderr and "Traceback" not in refused.stderr


def _children(process: psutil.Process) -> list[psutil.Process]:
    with contextlib.suppress(psutil.Error):
        return process.children(recursive=True)
    return []


class Daemon:
    """A Docker engine of this test's own, to be killed and started again."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.host = f"unix://{place}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.place / "pid").unlink(missing_ok=True)
        # In a network of its own: an engine without a bridge removes the one that it finds.
        words = [
            "unshare",
            "--net",
            "dockerd",
            "--host",
            self.host,
            "--data-root",
            f"{self.place}/data",
            "--exec-root",
            f"{self.place}/exec",
        ]
        words += ["--pidfile", f"{self.place}/pid", "--bridge", "none", "--iptables=false", "--ip6tables=false"]
        with (self.place / "log").open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with contextlib.suppress(docker.errors.DockerException), contextlib.closing(docker.DockerClient(base_url=self.host)) as client:
                client.ping()
                return
        raise AssertionError((self.place / "log").read_text()[-2000:])

    def stop(self) -> None:
        """End it as a power cut does: engine, containers and all at once, and what it keeps in memory is gone."""
        mine = [p for p in psutil.process_iter(["cmdline"]) if str(self.place) in " ".join(p.info["cmdline"] or [])]
        family = {process.pid: process for parent in mine for process in (parent, *_children(parent))}
        for process in family.values():
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(list(family.values()), timeout=30)
        if self._process is not None:
            self._process.wait(30)
        self.unmount()
        shutil.rmtree(self.place / "exec", ignore_errors=True)

    def unmount(self) -> None:
        """Take away the mounts that the engine left."""
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{self.place}/")), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)


@pytest.fixture
def daemon(tmp_path: Path, run: Run) -> Iterator[Daemon]:
    """A second engine that holds the image of the older environment."""
    if os.getuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("only root can start an engine of its own, and needs dockerd for it")
    # Short, since a socket's path has an end.
    place = Path(f"/tmp/tfmatrix-dockerd-{os.getpid()}")
    place.mkdir()
    own = Daemon(place)
    try:
        own.start()
        tag = str(run.outcomes[f"build/{OLD}"].notes["facts"]["image"]["tag"])
        with subprocess.Popen(["docker", "save", tag], stdout=subprocess.PIPE) as saved:
            subprocess.run(["docker", "--host", own.host, "load", "--quiet"], stdin=saved.stdout, check=True, capture_output=True)
        yield own
    finally:
        own.stop()
        shutil.rmtree(place, ignore_errors=True)


def finished(reports: Path) -> dict[str, Outcome]:
    """Return the outcomes of saves and loads of all runs so far that say something about TensorFlow."""
    store = RunStore(reports)
    runs = [store.read(name) for name in store.ids() if (store.runs / name / "run.jsonl").stat().st_size]
    every = (item for one in runs for item in one.outcomes.values())
    return {item.id: item for item in every if item.stage is not Stage.BUILD and item.status in FINAL and not item.canary}


def test_an_engine_that_dies_in_mid_run_costs_nothing_that_was_finished(daemon: Daemon, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    words: list[Any] = [sys.executable, "-m", "runner", "run", "--matrix", MATRIX, "--env", OLD, "--engine", "docker", "--reports", reports]
    environ = {**os.environ, "DOCKER_HOST": daemon.host}
    process = subprocess.Popen(words, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + DEADLINE_S
    while not (reports / "runs").is_dir() or len(finished(reports)) < 5:
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()[0].decode()
        time.sleep(0.02)
    daemon.stop()
    said = process.communicate(timeout=DEADLINE_S)[0].decode()
    assert process.returncode == 4, said
    broken = newest(reports)
    reasons = {item.reason for item in broken.outcomes.values() if item.status is Status.ERRORED}
    assert Reason.ENGINE_UNAVAILABLE in reasons and reasons <= {Reason.ENGINE_UNAVAILABLE, Reason.AGENT_LOST, Reason.CONTAINER_FAILED}
    assert not [item.id for item in broken.outcomes.values() if item.status is Status.FAILED and not item.confirmed and not item.canary]
    before = finished(reports)
    daemon.start()
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    run = newest(reports)
    ran = {cell for cell, item in before.items() if item.attempts}
    assert len(ran) >= 3
    assert {cell for cell in ran if run.outcomes[cell].reused_from is None} == set()
    with contextlib.closing(docker.DockerClient(base_url=daemon.host)) as client:
        assert left(client) == []
