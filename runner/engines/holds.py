"""Locks on cached environments between runs: shared while one is used, exclusive while it is built. They die with the process."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class Hold:
    """A lock file that is held: shared, or `exclusive`. `release` gives it back, and so does the end of the process."""

    def __init__(self, path: Path, *, exclusive: bool, seconds: float) -> None:
        """Wait for the lock; raise TimeoutError after `seconds`, OSError when the file cannot be made."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        deadline = time.monotonic() + seconds
        try:
            while not self._try(exclusive):
                if time.monotonic() >= deadline:
                    raise TimeoutError(str(path))
                time.sleep(0.1)
        except BaseException:
            self.release()
            raise

    def share(self) -> None:
        """Turn an exclusive lock into a shared one."""
        if self._handle is not None:
            fcntl.flock(self._handle, fcntl.LOCK_SH)

    def release(self) -> None:
        """Give the lock back; doing so twice is harmless."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _try(self, exclusive: bool) -> bool:
        assert self._handle is not None
        try:
            fcntl.flock(self._handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
