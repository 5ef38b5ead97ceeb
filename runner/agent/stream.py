"""Give the files of a finished cell to a runner that shares no directory with this agent: a tar, in parts between the events."""

import json
import os
import stat
import tarfile
from typing import Any, Dict, Iterator, TextIO, Tuple

BLOCK = 1 << 18


def take(request: Dict[str, Any]) -> str:
    """Write a request that came by the stream beside its result, and return where."""
    folder = os.path.dirname(request["result"])
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "request.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(request, stream)
    return path


def give(request: Dict[str, Any], events: TextIO) -> None:
    """Write result, log and, of a save, the artifact as a tar into the stream of events, and remove them here."""
    with tarfile.open(mode="w|", fileobj=_Parts(events), bufsize=BLOCK) as tar:
        for path, name in _files(request):
            try:
                # What a child wrote may be unreadable even for its owner, and it is the owner that reads here.
                with open(path, "rb") as stream:
                    tar.addfile(tar.gettarinfo(arcname=name, fileobj=stream), stream)
            except OSError:
                continue
            os.unlink(path)


def _files(request: Dict[str, Any]) -> Iterator[Tuple[str, str]]:
    """Yield each regular file with its name in the tar."""
    named = [(request["result"], "result"), (request["log"], "log")]
    if request["stage"] == "save":
        for folder, _, names in os.walk(request["artifact"]):
            inner = os.path.relpath(folder, request["artifact"])
            named += [(os.path.join(folder, name), os.path.normpath(os.path.join("artifact", inner, name))) for name in names]
    for path, name in named:
        try:
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path, name
        except OSError:
            continue


class _Parts:
    """A binary stream each write of which is an event that tells how many bytes come behind it, and then the bytes."""

    def __init__(self, events: TextIO) -> None:
        self._events = events

    def write(self, data: bytes) -> int:
        self._events.write(json.dumps({"event": "part", "bytes": len(data)}) + "\n")
        self._events.flush()
        self._events.buffer.write(data)
        self._events.buffer.flush()
        return len(data)
