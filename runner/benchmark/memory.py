"""Peak memory of a process tree, sampled: the sum of PSS, in which memory that processes share counts once."""

from __future__ import annotations

import contextlib
import os
import threading
from types import TracebackType
from typing import Self

import psutil

INTERVAL_S = 0.25
"""A sample costs some milliseconds, so more of them would slow down what is measured."""


class PeakMemory:
    """Samples this process and everything below it while it is entered; `mb` is the highest sum seen, in 10**6 bytes."""

    def __init__(self, interval: float = INTERVAL_S) -> None:
        self.mb = 0.0
        self._interval = interval
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.mb = max(self.mb, tree_bytes(os.getpid()) / 1e6)
            if self._end.wait(self._interval):
                return


def tree_bytes(pid: int) -> int:
    """Return the PSS of a process and all its descendants; what ends meanwhile counts nothing."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    return sum(_bytes(process) for process in family)


def _bytes(process: psutil.Process) -> int:
    """Return the PSS of a process, its resident memory where the system knows no PSS."""
    with contextlib.suppress(psutil.Error, OSError):
        info = process.memory_full_info()
        return int(getattr(info, "pss", 0) or info.rss)
    return 0
