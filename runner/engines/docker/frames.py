"""What an agent in a container says: events as lines, and between them the parts of a tar with the files of a cell. No I/O of its own."""

from __future__ import annotations

import shutil
import tarfile
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from runner.engines.events import event_of

_IN_MEMORY = 32_000_000
_LINE = 16 * 1024 * 1024


class Frames:
    """Takes the output of an agent in pieces of any size and gives its events; parts are collected until somebody takes them."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._missing = 0
        self._tar: IO[bytes] | None = None
        self.noise: deque[str] = deque(maxlen=20)
        """The last lines that were no events."""

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the events that `data` completes, other than parts."""
        self._buffer += data
        while self._buffer:
            if self._missing:
                self._collect()
                continue
            end = self._buffer.find(b"\n")
            if end < 0:
                if len(self._buffer) > _LINE:
                    self._buffer.clear()
                return
            line = bytes(self._buffer[:end])
            del self._buffer[: end + 1]
            event = event_of(line)
            if event is None:
                self.noise.append(line[:200].decode("utf-8", "replace"))
            elif event["event"] == "part" and isinstance(event.get("bytes"), int):
                self._missing = max(0, event["bytes"])
            else:
                yield event

    def take(self) -> IO[bytes] | None:
        """Return the tar collected since the last call, from its beginning, or None when there was none."""
        tar, self._tar = self._tar, None
        if tar is not None:
            tar.seek(0)
        return tar

    def _collect(self) -> None:
        if self._tar is None:
            self._tar = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (whoever takes it closes it)
        piece = self._buffer[: self._missing]
        self._tar.write(piece)
        self._missing -= len(piece)
        del self._buffer[: len(piece)]


def unpack(tar: IO[bytes], places: Mapping[str, Path]) -> None:
    """Write the files of a cell where the runner wants them: `places` by the first part of the name. Others are dropped.

    Raises tarfile.TarError or OSError. The tar comes from where foreign code ran: nothing in it may lead elsewhere.
    """
    with tarfile.open(fileobj=tar, mode="r:") as files:
        for member in files:
            first, _, rest = member.name.partition("/")
            base = places.get(first)
            if base is None or not member.isreg() or ".." in Path(rest).parts or rest.startswith("/"):
                continue
            target = base / rest if rest else base
            target.parent.mkdir(parents=True, exist_ok=True)
            source = files.extractfile(member)
            assert source is not None
            with source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
