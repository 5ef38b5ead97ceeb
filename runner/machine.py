"""What this machine offers to a run: cores, memory, and its description for the header."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

CGROUP = Path("/sys/fs/cgroup")
_NO_LIMIT = 2**60
"""Version 1 has no word for it, and gives the largest number of whole pages."""


@dataclass(frozen=True)
class Cgroup:
    """What the control groups of this process allow: bytes of memory and a number of cores, None where they set no limit."""

    version: int | None = None
    memory: int | None = None
    cores: float | None = None


def cores() -> int:
    """Return how many cores this process may use, the quota of a container counted."""
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:
        allowed = os.cpu_count() or 1
    quota = cgroup().cores
    return max(1, allowed if quota is None else min(allowed, int(quota)))


def memory_mb() -> int:
    """Return the memory of the machine, or of the container that this is, in 10**6 bytes."""
    total, limit = int(psutil.virtual_memory().total), cgroup().memory
    return (total if limit is None else min(total, limit)) // 1_000_000


def describe() -> dict[str, Any]:
    """Return what the header of a run says of the machine."""
    return {"system": platform.platform(), "machine": platform.machine(), "cores": cores(), "memory_mb": memory_mb()}


def cgroup(root: Path = CGROUP, own: Path = Path("/proc/self/cgroup")) -> Cgroup:
    """Return what the control groups of this process allow: the least that its own one and those above it do."""
    parts = [line.split(":", 2) for line in _lines(own) if line.count(":") >= 2]
    paths = {name: path for _, names, path in parts for name in names.split(",")}
    if not paths and not root.is_dir():
        return Cgroup()
    version = 2 if (root / "cgroup.controllers").exists() else 1
    if version == 2:
        folders = _upwards(root, paths.get("", "/"))
        memory = [int(words[0]) for folder in folders if (words := _words(folder / "memory.max")) and words[0].isdigit()]
        quotas = [
            int(words[0]) / int(words[1]) for folder in folders if len(words := _words(folder / "cpu.max")) == 2 and words[0].isdigit()
        ]
    else:
        found = (_number(folder / "memory.limit_in_bytes") for folder in _upwards(root / "memory", paths.get("memory", "/")))
        memory = [number for number in found if number is not None and number < _NO_LIMIT]
        pairs = (
            (_number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us"))
            for folder in _upwards(root / "cpu", paths.get("cpu", "/"))
        )
        quotas = [quota / period for quota, period in pairs if quota and period and quota > 0]
    return Cgroup(version, min(memory, default=None), min(quotas, default=None))


def _upwards(root: Path, path: str) -> list[Path]:
    """Return the directory of a group and those above it; in a container the path may be one of outside, where only the root is there."""
    own = root / path.lstrip("/")
    return [own, *(folder for folder in own.parents if folder == root or root in folder.parents)]


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0].lstrip("-").isdigit() else None


def _words(path: Path) -> list[str]:
    return " ".join(_lines(path)).split()


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
