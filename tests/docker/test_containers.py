"""Agents in containers on a real engine: what they may not do, what becomes of them, and what is left of them."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.engines.base import Prepared
from runner.engines.docker.container import ContainerAgent
from runner.engines.docker.engine import DockerEngine
from runner.errors import EngineFault
from runner.model import Reason
from tests.docker.engines import ENVIRONMENT, STANDIN, engine, left, request
from tests.integration.runs import ROOT

pytestmark = pytest.mark.docker

FORKS = """
import os, signal
children = []
try:
    while len(children) < 5000:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
except BlockingIOError:
    print("refused after", len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
"""

RUN_OF_ITS_OWN = """
import sys
from pathlib import Path
from runner.engines.base import Prepared
from tests.docker.engines import ENVIRONMENT, STANDIN, engine

place, fingerprint = Path(sys.argv[1]), sys.argv[2]
made = engine(place / "cache", agent=STANDIN)
prepared = Prepared(ENVIRONMENT, fingerprint, Path("/opt/env/bin/python"), {}, True, 0.0)
agent = made.start(prepared, scratch=place / "other", isolation="fork", threads=1, memory_mb=100)
agent.next_event(60)
print(agent.name, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    with contextlib.closing(engine(tmp_path_factory.mktemp("cache"))) as real:
        return real.prepare(ENVIRONMENT)


@pytest.fixture
def standin(tmp_path: Path) -> Iterator[DockerEngine]:
    with contextlib.closing(engine(tmp_path / "cache", agent=STANDIN)) as made:
        yield made


def start(made: DockerEngine, prepared: Prepared, place: Path) -> ContainerAgent:
    return made.start(prepared, scratch=place / "agent", isolation="fork", threads=1, memory_mb=100)


def inside(agent: ContainerAgent, made: DockerEngine, *command: str) -> tuple[int, str]:
    """Run a command in the agent's container as the agent's user and return its exit code and output."""
    code, output = made.client.containers.get(agent.name).exec_run(list(command))
    assert isinstance(output, bytes)
    return int(code or 0), output.decode()


def python(agent: ContainerAgent, made: DockerEngine, code: str) -> tuple[int, str]:
    return inside(agent, made, "/opt/env/bin/python", "-c", code)


def test_what_a_container_may_not_do(prepared: Prepared, standin: DockerEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_TOKEN", "s3cret")
    with start(standin, prepared, tmp_path) as agent:
        ready = agent.next_event(60) or {}
        agent.ask(request(tmp_path / "cell", "look"))
        done = agent.next_event(60) or {}
        # No user of the host, and nothing of its environment.
        assert ready["facts"]["uid"] == 10001
        assert "SECRET_TOKEN" not in ready["facts"]["variables"]
        assert set(ready["facts"]["variables"]) <= {
            *("PATH", "HOME", "TMPDIR", "LANG", "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"),
            *("TF_NUM_INTEROP_THREADS", "TF_CPP_MIN_LOG_LEVEL", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "LC_CTYPE"),
            *("TFMATRIX_SMALL", "TFMATRIX_READONLY"),
        }
        # No network but loopback.
        assert python(agent, standin, "import os; print(sorted(os.listdir('/sys/class/net')))")[1].strip() == "['lo']"
        code, said = python(agent, standin, "import socket; socket.create_connection(('1.1.1.1', 53), 2)")
        assert code == 1 and "unreachable" in said
        # A root that nothing can be written to, and a scratch that ends somewhere.
        for place in ("/opt/env/x", "/etc/x", "/home/x"):
            code, said = python(agent, standin, f"open({place!r}, 'w')")
            assert code == 1 and "Read-only file system" in said, place
        code, said = python(agent, standin, "f = open('/scratch/full', 'wb')\nfor _ in range(300): f.write(bytes(1000000))")
        assert code == 1 and "No space left on device" in said
        # Artifacts and fixtures can be read and not changed.
        artifact = done["request"]["artifact"]
        assert python(agent, standin, f"print(open({artifact + '/file'!r}).read())")[1].strip() == "content"
        fixture = done["request"]["fixture"]["file"]
        for attempt in (f"open('{artifact}/file', 'w')", f"open('{artifact}/new', 'w')", f"open('{fixture}', 'a')"):
            code, said = python(agent, standin, attempt)
            assert code == 1 and ("Read-only file system" in said or "Permission denied" in said), attempt
        mounted = dict(line.split()[1:4:2] for line in inside(agent, standin, "cat", "/proc/mounts")[1].splitlines())
        assert mounted["/input"].split(",")[0] == mounted["/"].split(",")[0] == "ro"
        # No rights, and none to be had.
        status = dict(line.split(":\t", 1) for line in inside(agent, standin, "cat", "/proc/1/status")[1].splitlines() if ":\t" in line)
        assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
        assert status["NoNewPrivs"].strip() == "1"
        assert inside(agent, standin, "/bin/mount", "-t", "tmpfs", "none", "/scratch")[0] != 0
        # Limits: processes, memory (swap too), processor time.
        limits = standin.client.containers.get(agent.name).attrs["HostConfig"]
        assert "refused after" in python(agent, standin, FORKS)[1]
        assert limits["MemorySwap"] == limits["Memory"] < 1_000_000_000
        assert limits["NanoCpus"] == 1_000_000_000
        # Nothing of this machine is mounted: a volume, so that the engine may be elsewhere.
        mounts = standin.client.containers.get(agent.name).attrs["Mounts"]
        assert [(mount["Type"], mount["Destination"], mount["RW"]) for mount in mounts] == [("volume", "/input", False)]
        assert limits["Binds"] == [f"{mounts[0]['Name']}:/input:ro"]


def test_an_agent_ends_and_its_container_is_gone(prepared: Prepared, standin: DockerEngine, tmp_path: Path) -> None:
    agent = start(standin, prepared, tmp_path)
    with agent:
        assert (agent.next_event(60) or {})["event"] == "ready"
        agent.ask(request(tmp_path / "cell", "leave"))
        assert agent.next_event(60) is None
    assert agent.name not in left(standin.client)
    with pytest.raises(ZeroDivisionError), start(standin, prepared, tmp_path) as another:
        raise ZeroDivisionError
    assert another.name not in left(standin.client)
    standin.close()


def test_a_container_over_its_memory_is_our_fault_and_is_called_that(prepared: Prepared, standin: DockerEngine, tmp_path: Path) -> None:
    with start(standin, prepared, tmp_path) as agent:
        agent.next_event(60)
        agent.ask(request(tmp_path / "cell", "eat-memory"))
        with pytest.raises(EngineFault) as caught:
            agent.next_event(60)
    assert caught.value.reason is Reason.OUT_OF_MEMORY
    assert "killed for its use of memory" in caught.value.message


def test_a_container_that_somebody_removes_is_no_incompatibility(prepared: Prepared, standin: DockerEngine, tmp_path: Path) -> None:
    with start(standin, prepared, tmp_path) as agent:
        agent.next_event(60)
        standin.client.containers.get(agent.name).remove(force=True)
        with pytest.raises(EngineFault) as caught:
            agent.next_event(60)
    assert caught.value.reason is Reason.CONTAINER_FAILED


def test_a_container_that_cannot_be_started_says_why(prepared: Prepared, standin: DockerEngine, tmp_path: Path) -> None:
    standin.client.images.build(fileobj=_dockerfile("FROM scratch\nLABEL tfmatrix.test=1\n"), tag="tfmatrix:test-empty", rm=True)
    try:
        empty = Prepared(ENVIRONMENT, "test-empty", prepared.python, {}, True, 0.0)
        with pytest.raises(EngineFault) as caught:
            start(standin, empty, tmp_path)
    finally:
        standin.client.images.remove("tfmatrix:test-empty", force=True)
    assert caught.value.reason is Reason.CONTAINER_FAILED
    assert "env" in caught.value.message


def test_what_a_killed_run_left_is_removed_by_the_next(prepared: Prepared, standin: DockerEngine, tmp_path: Path) -> None:
    words = [sys.executable, "-c", RUN_OF_ITS_OWN, str(tmp_path), prepared.fingerprint]
    killed = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert killed.stdout is not None
    session = killed.stdout.readline().strip().rpartition("-")[0]
    assert len(left(standin.client, session)) == 3
    with start(standin, prepared, tmp_path) as agent:
        assert agent.next_event(60) is not None
        assert len(left(standin.client, session)) == 3, "a session that lives is left alone"
    standin.close()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    with contextlib.closing(engine(tmp_path / "cache", agent=STANDIN)) as next_one, start(next_one, prepared, tmp_path) as agent:
        assert agent.next_event(60) is not None
        assert left(next_one.client, session) == []


def test_an_engine_on_another_machine_serves_as_well(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything goes over a TCP connection, as it would to another machine."""
    with _forwarded() as port:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
        with contextlib.closing(engine(tmp_path / "cache", agent=STANDIN)) as made, start(made, prepared, tmp_path) as agent:
            assert made.facts["host"] == f"http://127.0.0.1:{port}"
            assert (agent.next_event(60) or {})["event"] == "ready"
            agent.ask(request(tmp_path / "cell", "look"))
            assert (agent.next_event(60) or {})["id"] == "look"


def _dockerfile(text: str) -> io.BytesIO:
    return io.BytesIO(text.encode())


@contextlib.contextmanager
def _forwarded() -> Iterator[int]:
    """Offer the engine's socket on a TCP port of this machine."""
    server = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(os.environ.get("TFMATRIX_TEST_SOCKET", "/var/run/docker.sock"))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()
