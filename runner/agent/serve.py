"""The agent's loop: requests from standard input, a child for each, results through files, events on standard output."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
import traceback
from typing import Any, Dict, TextIO

from agent import cell, describe, files, stream, supervise


def serve(isolation: str, scratch: str, streaming: bool = False) -> int:
    """Answer requests until standard input ends. Exit code 1 when TensorFlow does not import.

    With `streaming` requests are in the lines themselves, and the files of each cell go out between the events.
    """
    # What TensorFlow prints on standard output must not mix with the events.
    events = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    os.makedirs(scratch, exist_ok=True)
    for name in ("HOME", "TMPDIR"):
        # In a container nobody else has made them.
        os.makedirs(os.environ.get(name) or scratch, exist_ok=True)
    facts = {}  # type: Dict[str, Any]
    if isolation == "fork":
        try:
            facts = describe.describe()
        except BaseException as error:
            say(events, event="broken", error=describe_error(error))
            return 1
    say(events, event="ready", facts=facts)
    # readline, not iteration: iteration reads ahead and would keep a request waiting in its buffer.
    for line in iter(sys.stdin.readline, ""):
        if not line.strip():
            continue
        asked = json.loads(line)["request"]
        path = stream.take(asked) if streaming else asked
        request = files.read_json(path)
        try:
            lacking = describe.lacking(facts["capabilities"], request) if facts else None
            if lacking is not None:
                files.write_json(request["result"], cell.unsupported(request, lacking))
            else:
                answer(request, path, isolation=isolation, scratch=scratch, events=events)
        except supervise.HostGone:
            return 1
        if streaming:
            stream.give(request, events)
            shutil.rmtree(os.path.dirname(request["result"]), ignore_errors=True)
        say(events, event="done", id=request["id"], result=request["result"])
    return 0


def say(events: TextIO, **event: Any) -> None:
    """Write one event."""
    events.write(json.dumps(event) + "\n")
    events.flush()


def describe_error(error: BaseException) -> Dict[str, Any]:
    """Return type, message and traceback of an exception as text."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"type": type(error).__name__, "message": str(error), "traceback": text[-8000:]}


def answer(request: Dict[str, Any], path: str, isolation: str, scratch: str, events: TextIO) -> None:
    """Run one request in a child of its own, which is announced, and write its result."""
    started = time.monotonic()
    for folder in (request["scratch"], request["artifact"] if request["stage"] == "save" else request["scratch"]):
        os.makedirs(folder, exist_ok=True)
    # Made here, so that the child only appends and a child without rights to it still leaves a log.
    with open(request["log"], "wb"):
        pass
    if isolation == "fork":
        pid = _fork(request, scratch, events)
    else:
        pid = _spawn(path, scratch, request)
    say(events, event="started", id=request["id"], pid=pid)
    written = [request["scratch"], request["log"]]
    if request["stage"] == "save":
        written.append(request["artifact"])
    end = supervise.watch(pid, request["limits"], written, cell.begun(request))
    supervise.sweep()
    result = cell.collect(request, end, round(time.monotonic() - started, 4))
    shutil.rmtree(request["scratch"], ignore_errors=True)
    files.write_json(request["result"], result)


def _fork(request: Dict[str, Any], scratch: str, events: TextIO) -> int:
    """Fork a child that runs the request and never returns."""
    parent = os.getpid()
    pid = os.fork()
    if pid:
        # Both sides make the group, so that neither can act before it exists.
        try:
            os.setpgid(pid, pid)
        except OSError:
            pass
        return pid
    code = 1
    try:
        supervise.group_of_its_own(parent)
        os.close(events.fileno())
        silence(request)
        code = cell.run(request, session=scratch)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)


def silence(request: Dict[str, Any]) -> None:
    """In the child: send both output streams to the log, read nothing, and limit the size of one file."""
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    limit = int(request["limits"]["disk_mb"] * 1000000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _spawn(path: str, scratch: str, request: Dict[str, Any]) -> int:
    """Start a fresh interpreter that runs the request."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = [sys.executable, "-B", os.path.join(here, "__main__.py"), "cell", path, "--scratch", scratch]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=supervise.group_of_its_own)
    # The agent reaps the child itself: Popen must not.
    process.returncode = 0
    return process.pid
