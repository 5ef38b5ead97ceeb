"""One nightly run at a time: a lock file that names its holder. The system drops the lock when the holder dies, however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from runner.errors import Busy
from runner.store import StoreFault


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the lock file, with who holds it written in it. Raises Busy with the holder when there is one already."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StoreFault(f"{path}: the lock cannot be made: {error.strerror or error}") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"a nightly run is at work already: {_holder(path)} ({path}). Nothing was started") from None
        _write(lock, json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": _now()}) + "\n")
        yield
        # The file stays: were it removed, two that come now could hold two files of one name.
        _write(lock, "")
    finally:
        os.close(lock)


def _write(lock: int, text: str) -> None:
    os.ftruncate(lock, 0)
    os.pwrite(lock, text.encode(), 0)


def _holder(path: Path) -> str:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f"process {told['pid']} on {told['host']} since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "a process that has not said who it is"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
