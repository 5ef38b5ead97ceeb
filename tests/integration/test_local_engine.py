"""The local engine with the real uv: a package index of two small wheels in a folder, and a stand-in for the agent.

Nothing comes from a network, except in the last test, which builds a real environment.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from runner.engines.local import LocalEngine, agent_environ
from runner.errors import EngineFault
from runner.locks import lock, lock_path
from runner.model import Environment, Reason, Status
from runner.uv_command import find_uv
from tests.integration.runs import command, newest

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ENVIRONMENT = Environment(id="tf2.15-here", tensorflow="2.15.1", python=PYTHON)

AGENT = """
import json, os, signal, subprocess, sys, time
def say(**event):
    print(json.dumps(event), flush=True)
mode = os.environ.get("STANDIN", "")
if mode == "broken":
    say(event="broken", error={"type": "ImportError", "message": "no\\nprotobuf", "traceback": "Traceback: here"})
    sys.exit(1)
if mode == "crash":
    print("illegal instruction", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGILL)
if mode == "silent":
    time.sleep(60)
from importlib import metadata
packages = {d.metadata["Name"]: d.version for d in metadata.distributions()}
if mode == "other":
    packages["tensorflow-cpu"] = "2.14.0"
say(event="ready", facts={"python": sys.version.split()[0], "packages": packages, "arguments": sys.argv[1:], "variables": dict(os.environ),
    "tensorflow": {"distribution": "tensorflow-cpu", "version": packages["tensorflow-cpu"], "module_version": "2.15.0"}})
sleeper = [sys.executable, "-c", "import time; time.sleep(60)"]
for line in sys.stdin:
    request = json.loads(line)["request"]
    if request == "children":
        alone = subprocess.Popen(sleeper, start_new_session=True)
        code = "import subprocess; print(subprocess.Popen(%r, start_new_session=True, stdout=subprocess.DEVNULL).pid)" % (sleeper,)
        orphan = int(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE).stdout)
        say(event="children", pids=[alone.pid, orphan])
    elif request == "leave":
        subprocess.Popen(sleeper, start_new_session=True)
        say(event="last")
        os._exit(7)
    elif request == "noise":
        sys.stdout.buffer.write(b"\\xff\\x00 not json\\n[1]\\n\\n" + b"[" * 100000 + b"\\n")
        say(event="after")
    elif request == "stderr":
        print("x" * 10000 + "the end", file=sys.stderr, flush=True)
        say(event="after")
    else:
        say(event="done", id=request)
"""

UNLOCKED = """\
schema: 1
environments:
  - {tensorflow: "2.15.1", python: "3.11"}
profiles:
  mine:
    fixtures: [sequential]
    formats: {h5: [load-model]}
"""


def write_wheel(index: Path, name: str, version: str, needs: tuple[str, ...] = ()) -> None:
    module, info = name.replace("-", "_"), f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{module}/__init__.py": f"__version__ = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n" + "".join(f"Requires-Dist: {n}\n" for n in needs),
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder = index / name
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        rows = []
        for path, text in files.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{path},sha256={digest},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]))
    links = "".join(f'<a href="{file.name}">{file.name}</a>' for file in sorted(folder.glob("*.whl")))
    (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{links}</body></html>")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an index, a lock of ENVIRONMENT made from it, and the stand-in agent."""
    index = tmp_path / "index"
    write_wheel(index, "tensorflow-cpu", "2.15.1", ("small-thing",))
    write_wheel(index, "small-thing", "1.0")
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.as_uri())
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("SECRET_TOKEN", "do not tell")
    (tmp_path / "agent.py").write_text(AGENT)
    lock(ENVIRONMENT, tmp_path / "locks", uv=find_uv(), python=Path(sys.executable))
    return tmp_path


@pytest.fixture
def engines(place: Path) -> Iterator[list[LocalEngine]]:
    made: list[LocalEngine] = []
    yield made
    for engine in made:
        engine.close()


@pytest.fixture
def engine(place: Path, engines: list[LocalEngine]) -> LocalEngine:
    engines.append(new_engine(place))
    return engines[0]


def new_engine(place: Path, *, import_seconds: float = 60) -> LocalEngine:
    """What another run would have: the same cache, nothing remembered."""
    return LocalEngine(locks=place / "locks", cache=place / "cache", agent=place / "agent.py", import_seconds=import_seconds)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def relock(place: Path, environment: Environment) -> Environment:
    lock(environment, place / "locks", uv=find_uv(), python=Path(sys.executable))
    return environment


def test_an_environment_is_built_once_and_reused(place: Path, engine: LocalEngine) -> None:
    first = engine.prepare(ENVIRONMENT)
    assert not first.reused
    assert first.facts["packages"]["tensorflow-cpu"] == "2.15.1"
    assert first.python == place / "cache" / "envs" / first.fingerprint / "bin" / "python"
    recorded = json.loads((first.python.parent.parent / "facts.json").read_text())
    assert recorded["tensorflow"] == {"distribution": "tensorflow-cpu", "version": "2.15.1"}
    (place / "index").rename(place / "no-index")
    second = new_engine(place).prepare(ENVIRONMENT)
    assert second.reused
    assert (second.fingerprint, second.facts) == (first.fingerprint, first.facts)


def test_another_agent_is_asked_anew_in_the_same_environment(place: Path, engine: LocalEngine) -> None:
    engine.prepare(ENVIRONMENT)
    (place / "agent.py").write_text(AGENT.replace('module_version": "2.15.0"', 'module_version": "changed"'))
    again = engine.prepare(ENVIRONMENT)
    assert again.reused
    assert again.facts["tensorflow"]["module_version"] == "changed"


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "edited": lambda root, site: (site / "small_thing" / "__init__.py").write_text("raise SystemExit\n"),
    "edited-same-size": lambda root, site: (site / "small_thing" / "__init__.py").write_text("__version__ = '6.6'\n"),
    "removed": lambda root, site: (site / "tensorflow_cpu" / "__init__.py").unlink(),
    "another-version": lambda root, site: (site / "small_thing-1.0.dist-info").rename(site / "small_thing-0.9.dist-info"),
    "half-facts": lambda root, site: (root / "facts.json").write_text('{"schema": 1, "fing'),
    "other-facts": lambda root, site: (root / "facts.json").write_text("[]"),
    "no-facts": lambda root, site: (root / "facts.json").unlink(),
    "no-python": lambda root, site: (root / "bin" / "python").unlink(),
    "empty": lambda root, site: subprocess.run(["rm", "-r", *map(str, root.iterdir())], check=True),
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_damaged_environment_is_built_anew(place: Path, engine: LocalEngine, damage: str) -> None:
    first = engine.prepare(ENVIRONMENT)
    root = first.python.parent.parent
    site = next(root.glob("lib/*/site-packages"))
    if damage == "another-version":
        metadata = site / "small_thing-1.0.dist-info" / "METADATA"
        metadata.write_text(metadata.read_text().replace("1.0", "0.9"))
    DAMAGES[damage](root, site)
    engine.close()
    again = new_engine(place).prepare(ENVIRONMENT)
    assert not again.reused
    assert next(root.glob("lib/*/site-packages/small_thing/__init__.py")).read_text() == "__version__ = '1.0'\n"
    assert new_engine(place).prepare(ENVIRONMENT).reused
    assert not list((place / "cache" / "envs").glob(".build-*"))


def test_an_edit_in_one_environment_does_not_reach_a_new_one(place: Path, engine: LocalEngine) -> None:
    """Files are hard links into uv's cache: what is edited in place is edited there as well."""
    site = next(engine.prepare(ENVIRONMENT).python.parent.parent.glob("lib/*/site-packages"))
    with (site / "small_thing" / "__init__.py").open("a") as stream:
        stream.write("print('debugging')\n")
    other = engine.prepare(relock(place, replace(ENVIRONMENT, id="other", variables=(("A", "1"),))))
    assert next(other.python.parent.parent.glob("lib/*/site-packages/small_thing/__init__.py")).read_text() == "__version__ = '1.0'\n"


def test_remains_of_a_killed_build_are_removed(place: Path, engine: LocalEngine) -> None:
    key = engine.prepare(ENVIRONMENT).fingerprint
    engine.close()
    envs = place / "cache" / "envs"
    (envs / key).rename(envs / f".build-{key}-999999")
    assert not engine.prepare(ENVIRONMENT).reused
    assert not list(envs.glob(".build-*"))


def test_two_runs_at_once_build_one_environment(place: Path, engines: list[LocalEngine]) -> None:
    engines += [new_engine(place), new_engine(place)]
    reused: list[bool] = []
    threads = [threading.Thread(target=lambda engine=engine: reused.append(engine.prepare(ENVIRONMENT).reused)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(reused) == [False, True]


def test_a_wrong_hash_is_an_install_fault(place: Path, engine: LocalEngine) -> None:
    path = lock_path(ENVIRONMENT, place / "locks")
    path.write_text("\n".join(line[:-8] + "00000000" if "--hash" in line else line for line in path.read_text().splitlines()) + "\n")
    with pytest.raises(EngineFault, match=r"tf2\.15-here: the packages of .* could not be installed") as caught:
        engine.prepare(ENVIRONMENT)
    assert caught.value.reason is Reason.INSTALL_FAILED
    assert "Traceback" not in caught.value.message
    assert not list((place / "cache" / "envs").glob("[!.]*"))


def test_packages_that_write_the_same_file_are_refused(place: Path, engine: LocalEngine) -> None:
    write_wheel(place / "index", "tensorflow_cpu", "2.15.1")
    other = place / "index" / "tensorflow-gpu"
    other.mkdir()
    wheel = next((place / "index" / "tensorflow-cpu").glob("*.whl"))
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(other / wheel.name.replace("cpu", "gpu"), "w") as new:
        for name in old.namelist():
            text = old.read(name).decode().replace("tensorflow_cpu-", "tensorflow_gpu-").replace("tensorflow-cpu", "tensorflow-gpu")
            if name.endswith("__init__.py"):
                text += "# gpu\n"
            if name.endswith("RECORD"):
                text = text.replace("__init__.py,sha256=", "__init__.py,sha256=X")
            new.writestr(name.replace("tensorflow_cpu-", "tensorflow_gpu-"), text)
    link = wheel.name.replace("cpu", "gpu")
    (other / "index.html").write_text(f'<!DOCTYPE html><html><body><a href="{link}">{link}</a></body></html>')
    environment = relock(place, replace(ENVIRONMENT, id="both", packages=("tensorflow-gpu==2.15.1",)))
    with pytest.raises(EngineFault, match="tensorflow-cpu and tensorflow-gpu both install") as caught:
        engine.prepare(environment)
    assert caught.value.reason is Reason.ENVIRONMENT_MISMATCH


def test_a_date_with_an_index_without_upload_times_names_the_package(place: Path) -> None:
    with pytest.raises(EngineFault, match="no upload times for small-thing") as caught:
        relock(place, replace(ENVIRONMENT, id="dated", as_of="2024-04-22"))
    assert caught.value.reason is Reason.RESOLVE_FAILED
    relock(place, replace(ENVIRONMENT, id="dated", as_of="2024-04-22", packages=("small-thing==1.0",)))


def test_a_cache_that_cannot_be_written_is_told(place: Path, engine: LocalEngine) -> None:
    (place / "cache").write_text("a file")
    with pytest.raises(EngineFault, match="TFMATRIX_CACHE") as caught:
        engine.prepare(ENVIRONMENT)
    assert caught.value.reason is Reason.PERMISSION_DENIED


@pytest.mark.parametrize(
    ("mode", "reason", "message"),
    [
        ("broken", Reason.IMPORT_FAILED, "TensorFlow does not import: ImportError: no protobuf"),
        ("crash", Reason.IMPORT_FAILED, r"signal 4\); .*processor lacks.*: illegal instruction"),
        ("silent", Reason.IMPORT_FAILED, "did not import within 2 s"),
        ("other", Reason.ENVIRONMENT_MISMATCH, r"tensorflow-cpu is 2\.14\.0 and not 2\.15\.1"),
    ],
)
def test_an_environment_that_is_not_what_was_asked_is_no_verdict(place: Path, mode: str, reason: Reason, message: str) -> None:
    environment = replace(ENVIRONMENT, variables=(("STANDIN", mode),))
    with pytest.raises(EngineFault, match=message) as caught:
        new_engine(place, import_seconds=2).prepare(environment)
    assert caught.value.reason is reason


def test_an_agent_sees_nothing_of_the_users_environment(place: Path, engine: LocalEngine) -> None:
    environment = replace(ENVIRONMENT, variables=(("TF_USE_LEGACY_KERAS", "1"),))
    prepared = engine.prepare(environment)
    scratch = place / "scratch"
    with engine.start(prepared, scratch=scratch, isolation="process", threads=2, memory_mb=1000) as agent:
        event = agent.next_event(30)
    assert event is not None
    seen = event["facts"]["variables"]
    assert not {"SECRET_TOKEN", "UV_DEFAULT_INDEX", "PYTHONPATH"} & seen.keys()
    assert seen.items() >= agent_environ(environment, python=prepared.python, scratch=scratch, threads=2).items()
    assert (seen["HOME"], seen["TF_NUM_INTRAOP_THREADS"], seen["TF_USE_LEGACY_KERAS"]) == (str(scratch / "home"), "2", "1")
    assert event["facts"]["arguments"] == ["serve", "--isolation", "process", "--scratch", str(scratch)]


def test_an_agent_answers_and_ends_at_the_end_of_its_input(place: Path, engine: LocalEngine) -> None:
    agent = engine.start(engine.prepare(ENVIRONMENT), scratch=place / "scratch")
    agent.ask({"request": "a"})
    agent.ask({"request": "b"})
    assert [event["event"] for event in (agent.next_event(30), agent.next_event(30)) if event] == ["ready", "done"]
    assert agent.close() == 0
    assert [event["id"] for event in agent.events()] == ["b"]
    assert agent.next_event(30) is None
    with pytest.raises(EngineFault) as caught:
        agent.ask({"request": "c"})
    assert caught.value.reason is Reason.AGENT_LOST


def test_a_late_event_is_not_lost(place: Path, engine: LocalEngine) -> None:
    with engine.start(engine.prepare(ENVIRONMENT), scratch=place / "scratch") as agent:
        assert agent.next_event(30) is not None
        with pytest.raises(TimeoutError):
            agent.next_event(0)
        agent.ask({"request": "a"})
        assert agent.next_event(30) == {"event": "done", "id": "a"}


def test_noise_on_standard_output_is_no_event(place: Path, engine: LocalEngine) -> None:
    with engine.start(engine.prepare(ENVIRONMENT), scratch=place / "scratch") as agent:
        agent.next_event(30)
        agent.ask({"request": "noise"})
        assert agent.next_event(30) == {"event": "after"}
        assert any("not json" in line for line in agent.noise)
        agent.ask({"request": "stderr"})
        agent.next_event(30)
        assert agent.stderr_tail(20) == "x" * 12 + "the end\n"


def test_killing_an_agent_leaves_no_process(place: Path, engine: LocalEngine) -> None:
    with pytest.raises(ZeroDivisionError), engine.start(engine.prepare(ENVIRONMENT), scratch=place / "scratch") as agent:
        agent.next_event(30)
        agent.ask({"request": "children"})
        event = agent.next_event(30) or {}
        pids: list[int] = event["pids"]
        assert not any(map(gone, pids))
        raise ZeroDivisionError
    assert agent.returncode == -signal.SIGKILL
    assert all(map(gone, [agent.pid, *pids]))


def test_an_agent_that_left_children_with_its_output_has_ended(place: Path, engine: LocalEngine) -> None:
    with engine.start(engine.prepare(ENVIRONMENT), scratch=place / "scratch") as agent:
        agent.next_event(30)
        agent.ask({"request": "leave"})
        assert agent.next_event(30) == {"event": "last"}
        assert agent.next_event(30) is None
        assert agent.returncode == 7


def test_a_run_of_what_has_no_lock_runs_nothing_and_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "images" / "locks").mkdir(parents=True)
    (tmp_path / "mine.yaml").write_text(UNLOCKED)
    done = command("run", "--matrix", str(tmp_path / "mine.yaml"), reports=tmp_path / "reports")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "nox -s lock -- tf2.15-py311" in done.stdout
    found = newest(tmp_path / "reports").outcomes
    build = found.pop("build/tf2.15-py311")
    assert (build.status, build.reason) == (Status.ERRORED, Reason.LOCK_MISSING)
    assert {item.status for item in found.values()} == {Status.BLOCKED}


@pytest.mark.integration
def test_a_real_environment_is_what_its_lock_says(tmp_path: Path) -> None:
    locks = Path(__file__).parents[2] / "images" / "locks"
    environment = Environment(id="tf2.15-py311", tensorflow="2.15.1", python="3.11", as_of="2024-04-22")
    engine = LocalEngine(locks=locks)
    prepared = engine.prepare(environment)
    assert prepared.facts["tensorflow"]["version"] == "2.15.1"
    with engine.start(prepared, scratch=tmp_path) as agent:
        event = agent.next_event(120)
    assert event is not None
    assert event["event"] == "ready"
    assert event["facts"]["packages"]["numpy"] == "1.26.4"
    assert agent.returncode == 0
    engine.close()
