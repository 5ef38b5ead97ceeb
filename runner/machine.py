"""What this machine offers to a run: cores, memory, and its description for the header."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any

import psutil

_CGROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """Return how many cores this process may use, the quota of a container counted."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:
        allowed = os.cpu_count() or 1
    quota = _words("cpu.max")
    if len(quota) == 2 and quota[0].isdigit() and quota[1].isdigit():
        allowed = min(allowed, max(1, int(quota[0]) // int(quota[1])))
    return max(1, allowed)


def memory_mb() -> int:
    """Return the memory of the machine, or of the container that this is, in 10**6 bytes."""
    total = int(psutil.virtual_memory().total)
    limit = _words("memory.max")
    if limit and limit[0].isdigit():
        total = min(total, int(limit[0]))
    return total // 1_000_000


def describe() -> dict[str, Any]:
    """Return what the header of a run says of the machine."""
    return {"system": platform.platform(), "machine": platform.machine(), "cores": cores(), "memory_mb": memory_mb()}


def _words(name: str) -> list[str]:
    try:
        return (_CGROUP / name).read_text().split()
    except OSError:
        return []
