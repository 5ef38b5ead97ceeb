"""The agent's loop: requests from standard input, results through files, events on standard output."""

import json
import os
import shutil
import sys
import traceback
from typing import Any, Dict, TextIO

from agent import cell, describe, files, stream, supervise
from agent.children import Children


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
    if isolation != "process":
        try:
            facts = describe.describe()
        except BaseException as error:
            say(events, event="broken", error=describe_error(error))
            return 1
    say(events, event="ready", facts=facts)

    def begin(request: Dict[str, Any], pid: int) -> None:
        say(events, event="started", id=request["id"], pid=pid)

    children = Children(isolation, scratch, begin, events.fileno())
    # readline, not iteration: iteration reads ahead and would keep a request waiting in its buffer.
    for line in iter(sys.stdin.readline, ""):
        if not line.strip():
            continue
        asked = json.loads(line)["request"]
        path = stream.take(asked) if streaming else asked
        request = files.read_json(path)
        lacking = describe.lacking(facts["capabilities"], request) if facts else None
        try:
            result = cell.unsupported(request, lacking) if lacking is not None else children.run(request, path)
        except supervise.HostGone:
            return 1
        files.write_json(request["result"], result)
        if streaming:
            stream.give(request, events)
            shutil.rmtree(os.path.dirname(request["result"]), ignore_errors=True)
        say(events, event="done", id=request["id"], result=request["result"])
    children.end()
    return 0


def say(events: TextIO, **event: Any) -> None:
    """Write one event."""
    events.write(json.dumps(event) + "\n")
    events.flush()


def describe_error(error: BaseException) -> Dict[str, Any]:
    """Return type, message and traceback of an exception as text."""
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {"type": type(error).__name__, "message": str(error), "traceback": text[-8000:]}
