"""An agent as a process: requests go in as JSON lines, events come out as JSON lines, and nothing of it is left behind.

The agent leads a session of its own, and every process that comes of it inherits a mark in its environment. So all of
them are found when it is killed, those too that changed their group or lost their parent.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from runner.engines.agent import Agent
from runner.engines.events import event_of
from runner.errors import EngineFault
from runner.model import Reason

MARK = "TFMATRIX_AGENT"
_LINE = 16 * 1024 * 1024
_LOOK = 0.25


class AgentProcess(Agent):
    """A running agent. Use it as a context manager: leaving it ends the agent and all that came of it.

    Not for several threads at once, except `kill`, which may be called from any.
    """

    def __init__(self, command: Sequence[str], *, environ: Mapping[str, str], cwd: Path, stderr: Path) -> None:
        """Start `command`; raise EngineFault(agent-lost) when it cannot be started."""
        self._mark = uuid.uuid4().hex
        self._stderr = stderr
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._ended = False
        self.noise: deque[str] = deque(maxlen=20)
        """The last lines on standard output that were no events."""
        try:
            with stderr.open("ab") as log:
                self._process = subprocess.Popen(
                    list(command),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=cwd,
                    env={**environ, MARK: self._mark},
                    start_new_session=True,
                )
        except OSError as error:
            raise EngineFault(Reason.AGENT_LOST, f"the agent could not be started: {error.strerror or error}") from error
        assert self._process.stdin is not None and self._process.stdout is not None
        self._stdin: Any = self._process.stdin
        self._stdout: Any = self._process.stdout
        self._reader = threading.Thread(target=self._read, args=(self._stdout,), name=f"events of {self.pid}", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The process id of the agent itself."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How the agent ended (negative: the signal), or None while it runs."""
        return self._process.poll()

    def ask(self, request: Mapping[str, Any]) -> None:
        """Send one request; raise EngineFault(agent-lost) when the agent is gone."""
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        except (OSError, ValueError) as error:
            raise EngineFault(Reason.AGENT_LOST, "the agent does not take requests any more", self.stderr_tail()) from error

    def next_event(self, timeout: float | None = None) -> dict[str, Any] | None:
        """Return the next event, or None when the agent has ended. Raises TimeoutError; an event that comes later is not lost."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self._ended:
            left = _LOOK if deadline is None else min(_LOOK, deadline - time.monotonic())
            # A process that outlives the agent can hold its standard output open, so the end of the agent counts as well.
            gone = self._process.poll() is not None
            try:
                event = self._events.get(timeout=max(left, 0.0 if not gone else _LOOK))
            except queue.Empty:
                if gone:
                    event = None
                elif left <= 0:
                    raise TimeoutError(f"the agent said nothing for {timeout:.0f} s") from None
                else:
                    continue
            if event is not None:
                return event
            self._ended = True
        return None

    def close(self, seconds: float = 5.0) -> int | None:
        """Let the agent finish (end of input), then end whatever is left; return its exit code."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        self.kill()
        return self.returncode

    def kill(self) -> None:
        """Kill the agent and everything that came of it, wherever it went, and wait for the end."""
        deadline = time.monotonic() + 10
        family = self._family()
        # The agent first, so that it starts no more children; waited for here alone, or its exit code would be lost.
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        while family and time.monotonic() < deadline:
            for process in family:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            psutil.wait_procs(family, timeout=1)
            family = self._family()
        self._reader.join(1)
        with contextlib.suppress(OSError, ValueError):
            self._stdin.close()
        if not self._reader.is_alive():
            self._stdout.close()

    def _family(self) -> list[psutil.Process]:
        """Return the living processes that came of the agent: its children, and whoever carries the mark."""
        found: dict[int, psutil.Process] = {}
        if self._process.poll() is None:
            with contextlib.suppress(psutil.Error):
                found |= {process.pid: process for process in psutil.Process(self.pid).children(recursive=True)}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if process.pid not in found and process.environ().get(MARK) == self._mark:
                    found[process.pid] = process
        return [process for process in found.values() if process.pid != self.pid and _alive(process)]

    def _read(self, stream: BinaryIO) -> None:
        """Pass events on, in a thread of its own, until the end of output."""
        with contextlib.suppress(OSError, ValueError):
            while line := stream.readline(_LINE):
                event = event_of(line)
                if event is None:
                    self.noise.append(line[:200].decode("utf-8", "replace"))
                else:
                    self._events.put(event)
        self._events.put(None)


def _alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
