"""The shipped workflow, its steps run in their order with real TensorFlow, one environment and two shards; the cron line and the timer."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.nightly.nights import nights
from runner.store import RunStore
from tests.documents import ROOT, blocks
from tests.servers import Server, serving
from tests.workflow import Job, Workflow

FILE = ROOT / ".github" / "workflows" / "nightly.yml"
MATRIX = """\
schema: 1
environments:
  - {tensorflow: "2.15.1", python: "3.11"}
profiles:
  nightly:
    environments: ["tf2.1*"]
    fixtures: [sequential]
    formats: {h5: [load-model], weights-h5: [load-weights]}
"""
NEW = "tf2.15.2-py311"

# What GitHub's own program answers: the run that left the artifact, where one did.
GH = '#!/bin/sh\nif [ -d "$ARTIFACTS/nightly-reports" ]; then echo 1; fi\n'
# Packages are those of the tests; that the project can be installed is another test's business.
PYTHON = '#!/bin/sh\nif [ "$2" = pip ]; then exit 0; fi\nexec "$REAL_PYTHON" "$@"\n'


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a checkout of what is shipped, with a small matrix in it."""
    place = tmp_path_factory.mktemp("checkout") / "work"
    for name in ("runner", "fixtures", "images"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "tiny.yaml").write_text(MATRIX)
    return place


@pytest.fixture
def index() -> Iterator[Server]:
    with serving() as server:
        server.offer("tensorflow-cpu", "2.15.1")
        yield server


@pytest.fixture
def hook() -> Iterator[Server]:
    with serving() as server:
        yield server


def night(place: Path, checkout: Path, hook: Server, *, prepare: dict[str, str], shard: dict[str, str]) -> tuple[Workflow, Job]:
    """Run the jobs of a night in their order; return the workflow and its last job."""
    tools = place / "tools"
    if not tools.exists():
        tools.mkdir()
        for name, text in (("gh", GH), ("python", PYTHON)):
            (tools / name).write_text(text)
            (tools / name).chmod(0o755)
    artifacts = place / "artifacts"
    artifacts.mkdir(exist_ok=True)
    # Those of a night are its own; the reports outlive it.
    for left in artifacts.iterdir():
        if left.name != "nightly-reports":
            shutil.rmtree(left)
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TFMATRIX_WEBHOOK", "GITHUB_STEP_SUMMARY")}
    environ = {**kept, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "REAL_PYTHON": sys.executable, "ARTIFACTS": str(artifacts)}
    environ |= {"NO_PROXY": "127.0.0.1", "UV_HTTP_RETRIES": "0"}
    number = len(list(place.glob("night-*")))
    flow = Workflow(FILE, checkout, artifacts, place / f"night-{number}", environ, {"TFMATRIX_WEBHOOK": f"{hook.address}/secret"})
    small = {"SHARDS": "2", "MATRIX": "tiny.yaml"}
    assert flow.text["env"].keys() >= small.keys()
    prepared = flow.run("prepare", env={**small, **prepare})
    assert prepared.code == 0, prepared.said
    for part in (1, 2):
        done = flow.run("shard", matrix={"shard": part}, env={**small, **shard})
        assert done.code == 0, done.said
    return flow, flow.run("finish", env=small)


@pytest.mark.integration
def test_the_steps_in_their_order(tmp_path: Path, checkout: Path, index: Server, hook: Server) -> None:
    asked = {"UV_DEFAULT_INDEX": f"{index.address}/simple", "UV_CACHE_DIR": str(tmp_path / "uv-cache")}
    _, first = night(tmp_path, checkout, hook, prepare=asked, shard={})
    assert first.code == 0, first.said
    reports = tmp_path / "artifacts" / "nightly-reports"
    run = RunStore(reports).latest()
    assert run.complete
    assert len(run.header.merged_from) == 2
    assert {str(outcome.status) for outcome in run.outcomes.values() if not outcome.canary} <= {"passed", "degraded"}
    assert "This is the first night" in first.summary
    assert hook.posted == []

    index.offer("tensorflow-cpu", "2.15.1", "2.15.2", pythons=("311",))
    _, second = night(tmp_path, checkout, hook, prepare=asked, shard=asked)
    newer = RunStore(reports).latest()
    assert set(newer.header.environments) == {"tf2.15-py311", NEW}
    assert second.code == 4, "what was offered as TensorFlow has nothing in it"
    assert str(newer.outcomes[f"build/{NEW}"].status) == "errored"
    (told,) = hook.posted
    assert f"new: {NEW}" in told["text"]
    assert "tensorflow-cpu 2.15.2 is new and was added for this run" in second.summary
    one, two = nights(reports / "nightly")
    assert (one.done, two.done, two.base) == (True, True, run.header.run)
    assert "secret" not in second.said


def test_a_part_that_is_missing_is_not_merged(tmp_path: Path, checkout: Path, hook: Server) -> None:
    flow = Workflow(FILE, checkout, tmp_path / "artifacts", tmp_path / "jobs", {"PATH": os.environ["PATH"]})
    merge = next(step for step in flow.text["jobs"]["finish"]["steps"] if "merge" in step.get("run", ""))
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", merge["run"].replace("python -m", f"{sys.executable} -m")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr


def test_the_workflow_is_one_that_fits_together() -> None:
    flow = Workflow(FILE, ROOT, ROOT, ROOT, {})
    shards = flow.text["jobs"]["shard"]["strategy"]["matrix"]["shard"]
    assert shards == list(range(1, flow.text["env"]["SHARDS"] + 1)), "the shards are all there"
    assert flow.text["jobs"]["finish"]["needs"] == ["prepare", "shard"]
    used = {step["uses"] for step in flow.steps() if "uses" in step}
    assert used == {f"actions/{name}" for name in ("checkout@v4", "setup-python@v5", "upload-artifact@v4", "download-artifact@v4")}
    given = [step["with"]["name"] for step in flow.steps() if "upload" in step.get("uses", "")]
    assert len(given) == len(set(given)), "no two steps leave the same artifact"


def test_the_cron_line_calls_the_session() -> None:
    (block,) = (block for block in blocks(ROOT / "docs" / "nightly.md") if block.title == "crontab")
    (line,) = (line for line in block.text.splitlines() if not line.startswith("#"))
    *when, command = line.split(maxsplit=5)
    assert all(word == "*" or word.isdigit() for word in when)
    assert "%" not in command, "cron takes a percent sign for the end of the line"


@pytest.mark.parametrize(("code", "printed"), [(0, False), (75, False), (1, True), (4, True)])
def test_the_cron_line_speaks_only_when_something_is_worse(code: int, printed: bool, tmp_path: Path) -> None:
    (block,) = (block for block in blocks(ROOT / "docs" / "nightly.md") if block.title == "crontab")
    command = block.text.splitlines()[-1].split(maxsplit=5)[5]
    (tmp_path / "tensorflow-compatibility-matrix").mkdir()
    (tmp_path / "nox").write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    (tmp_path / "nox").chmod(0o755)
    environ = {"HOME": str(tmp_path), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["/bin/sh", "-c", command], env=environ, capture_output=True, text=True, check=False)
    assert done.stdout == ("-s nightly\n" if printed else "")


def test_the_systemd_units_say_what_the_document_says() -> None:
    units = {}
    for kind in ("service", "timer"):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's words have capitals
        unit.read(ROOT / "contrib" / "systemd" / f"tfmatrix-nightly.{kind}")
        units[kind] = unit
    assert units["service"]["Service"]["ExecStart"].endswith("nox -s nightly")
    assert units["service"]["Service"]["SuccessExitStatus"] == "75"
    assert units["timer"]["Timer"]["Persistent"] == "true"
    if shutil.which("systemd-analyze"):
        files = [str(ROOT / "contrib" / "systemd" / f"tfmatrix-nightly.{kind}") for kind in units]
        done = subprocess.run(["systemd-analyze", "--user", "verify", *files], capture_output=True, text=True, check=False)
        assert "tfmatrix" not in done.stderr or "Failed to" in done.stderr, done.stderr
