"""An agent in a container: the contract of an agent process, kept over the container's streams and the shelf.

Requests go in as lines with the paths that the container knows; the files of a cell come back between the events and are
written where the runner asked for them, so they are the caller's own. The container is removed whatever happens.
"""

from __future__ import annotations

import contextlib
import json
import queue
import socket
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from docker.utils.socket import STDOUT, frames_iter_no_tty
from requests.exceptions import RequestException

from runner.engines.agent import Agent
from runner.engines.docker.daemon import faults
from runner.engines.docker.frames import Frames, unpack
from runner.engines.docker.shelf import Shelf
from runner.errors import EngineFault
from runner.model import Reason

SCRATCH = PurePosixPath("/scratch")
_GONE = (DockerException, RequestException, OSError)


class ContainerAgent(Agent):
    """A running agent in a container of its own. Use it as a context manager: leaving it removes the container.

    Not for several threads at once, except `kill`, which may be called from any.
    """

    def __init__(self, client: docker.DockerClient, shelf: Shelf, *, options: Mapping[str, Any], stderr: Path) -> None:
        """Create and start a container with `options` (those of docker-py); raise EngineFault(container-failed)."""
        self._client = client
        self._shelf = shelf
        self._stderr = stderr
        self._frames = Frames()
        self._events: queue.Queue[dict[str, Any] | OSError | None] = queue.Queue()
        self._ended = False
        self._places: dict[str, Path] = {}
        self._cells = 0
        self._removed = threading.Event()
        self._container: Any = None
        try:
            with faults("a container could not be started", Reason.CONTAINER_FAILED):
                self._container = client.containers.create(stdin_open=True, **options)
                self._stream = self._container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
                self._container.start()
        except BaseException:
            self._remove()
            raise
        # docker-py gives a stream to read from over the socket to write to; over TLS both are one.
        self._socket: Any = getattr(self._stream, "_sock", self._stream)
        self._reader = threading.Thread(target=self._read, name=f"events of {self._container.name}", daemon=True)
        self._reader.start()

    @property
    def name(self) -> str:
        """The name of the container."""
        return str(self._container.name)

    @property
    def noise(self) -> list[str]:
        """The last lines on standard output that were no events."""
        return list(self._frames.noise)

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send the request in the file that `request` names; raise EngineFault when the agent or the engine is gone."""
        with Path(request["request"]).open(encoding="utf-8") as stream:
            told = json.load(stream)
        self._cells += 1
        inside, self._places = self._translated(told, SCRATCH / f"cell-{self._cells}")
        try:
            self._socket.sendall(json.dumps({"request": inside}).encode() + b"\n")
        except OSError as error:
            raise self._why_gone() from error

    def next_event(self, timeout: float | None = None) -> dict[str, Any] | None:
        """Return the next event, or None when the agent has ended by itself.

        Raises TimeoutError; EngineFault when the container was killed for its memory or the engine is gone; OSError when
        the files of a cell could not be written here.
        """
        if self._ended:
            return None
        try:
            event = self._events.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError(f"the agent said nothing for {timeout:.0f} s") from None
        if isinstance(event, OSError):
            raise event
        if event is not None:
            return event
        self._ended = True
        if not self._removed.is_set():
            fault = self._why_gone()
            if fault.reason is not Reason.AGENT_LOST:
                raise fault
        return None

    def close(self, seconds: float = 5.0) -> int | None:
        """Let the agent finish (end of input), then remove the container; return the agent's exit code if it is known."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._reader.join(seconds)
        code = None
        with contextlib.suppress(*_GONE):
            self._container.reload()
            state = self._container.attrs["State"]
            code = None if state["Running"] else int(state["ExitCode"])
        self.kill()
        return code

    def kill(self) -> None:
        """Remove the container with everything that runs in it."""
        self._removed.set()
        self._remove()
        with contextlib.suppress(OSError):
            self._socket.close()
        self._reader.join(2)

    def _remove(self) -> None:
        """Remove the container; what an engine that is gone leaves is swept by the next run."""
        if self._container is not None:
            with contextlib.suppress(*_GONE):
                self._container.remove(force=True, v=False)

    def _translated(self, told: dict[str, Any], here: PurePosixPath) -> tuple[dict[str, Any], dict[str, Path]]:
        """Return the request as the container understands it, and where the files of the cell belong on this side."""
        places = {"result": Path(told["result"]), "log": Path(told["log"])}
        fixture = Path(told["fixture"]["file"])
        inside = {
            **told,
            "scratch": str(here / "work"),
            "result": str(here / "result.json"),
            "log": str(here / "log.txt"),
            "fixture": {**told["fixture"], "file": str(self._fixture(fixture))},
        }
        artifact = Path(told["artifact"])
        if told["stage"] == "save":
            inside["artifact"] = str(here / "artifact")
            places["artifact"] = artifact
        else:
            inside["artifact"] = str(self._shelf.put(PurePosixPath("artifacts", _version(artifact), artifact.name), artifact))
        return inside, places

    def _fixture(self, file: Path) -> PurePosixPath:
        """Return where the container finds a fixture; a file that is not there is for the agent to report."""
        place = PurePosixPath("fixtures", _version(file), file.name)
        return self._shelf.put(place, file) if file.is_file() else PurePosixPath("/input") / place

    def _read(self) -> None:
        """Pass events on, in a thread of its own, until the end of output."""
        with contextlib.suppress(OSError, ValueError, APIError), self._stderr.open("ab") as errors:
            frames: Iterator[tuple[int, bytes]] = frames_iter_no_tty(self._stream)  # type: ignore[assignment]
            for kind, data in frames:
                if kind == STDOUT:
                    for event in self._frames.feed(data):
                        self._pass_on(event)
                else:
                    errors.write(data)
                    errors.flush()
        self._events.put(None)

    def _pass_on(self, event: dict[str, Any]) -> None:
        if event["event"] == "done":
            tar = self._frames.take()
            if tar is not None:
                # What is no tar leaves no result, and that is what the runner then reports.
                try:
                    with tar, contextlib.suppress(tarfile.TarError):
                        unpack(tar, self._places)
                except OSError as error:
                    self._events.put(error)
                    return
            event = {**event, "result": str(self._places.get("result", ""))}
        self._events.put(event)

    def _why_gone(self) -> EngineFault:
        """Return why the agent is no more: the engine, the container's memory, or the agent itself."""
        try:
            state = _state_at_rest(lambda: self._container.reload() or self._container.attrs["State"])
        except NotFound:
            return EngineFault(Reason.CONTAINER_FAILED, f"the container {self.name} was removed by somebody", self.stderr_tail())
        except _GONE as error:
            said = " ".join(str(error).split())[:200]
            return EngineFault(Reason.ENGINE_UNAVAILABLE, f"the Docker engine does not answer any more: {said}", self.stderr_tail())
        if state.get("OOMKilled"):
            return EngineFault(Reason.OUT_OF_MEMORY, f"the container {self.name} was killed for its use of memory", self.stderr_tail())
        code = state.get("ExitCode")
        return EngineFault(Reason.AGENT_LOST, f"the agent in {self.name} ended with exit code {code}", self.stderr_tail())


def _state_at_rest(look: Callable[[], dict[str, Any]], seconds: float = 5.0) -> dict[str, Any]:
    """Return the state of a container whose output has ended: the engine notes the end of its process a moment later."""
    deadline = time.monotonic() + seconds
    while (state := look()).get("Running") and time.monotonic() < deadline:
        time.sleep(0.05)
    return state


def _version(path: Path) -> str:
    """Return a name that changes when a file or directory is replaced by another."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return f"{status.st_ino:x}-{status.st_mtime_ns:x}"
    return "absent"
