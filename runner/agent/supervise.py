"""Watch one child: time, memory, disk and the runner at the other end of standard input; kill its whole group at the end."""

import os
import select
import signal
import time
from typing import Any, Dict, List, Optional

from agent import files

PAGE = os.sysconf("SC_PAGE_SIZE")
BEAT_S = 0.005
SLOW_BEAT_S = 0.25
IMPORT_S = 300.0


class HostGone(Exception):
    """The runner closed standard input while a child was at work."""


def watch(pid: int, limits: Dict[str, Any], written: List[str], begun: str) -> Dict[str, Any]:
    """Wait for child `pid`, the leader of its own process group, and return how it ended.

    Its time runs from when the file `begun` appears, so that a fresh interpreter's import of TensorFlow is not counted.
    `limits` has seconds, memory_mb and disk_mb; `written` are the paths whose sizes count against the disk limit.
    Returned: ended ("exit", "signal", "timeout", "memory", "disk"), exit_code, signal, memory_peak_mb.
    Raises HostGone after killing the child.
    """
    started = time.monotonic()
    begin = slow = started
    working = False
    peak = 0
    ended = ""  # type: str
    heard = select.poll()
    heard.register(0, select.POLLHUP)
    exited = _handle(pid)
    if exited is not None:
        heard.register(exited, select.POLLIN)
    beat = BEAT_S
    try:
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                break
            now = time.monotonic()
            if not working:
                working = os.path.exists(begun)
                if working or now - started < IMPORT_S:
                    begin = now
            peak = max(peak, _resident(pid))
            if now - begin > limits["seconds"]:
                ended = "timeout"
            elif peak > limits["memory_mb"] * 1000000:
                ended = "memory"
            elif now - slow > SLOW_BEAT_S:
                slow = now
                if files.size_of(written) > limits["disk_mb"] * 1000000:
                    ended = "disk"
                peak = max(peak, sum(_resident(other) for other in _group(pid)))
            if ended:
                _kill(pid)
                _, status = os.waitpid(pid, 0)
                break
            if any(handle == 0 for handle, _ in heard.poll(int(beat * 1000))):
                raise HostGone()
            beat = min(beat * 1.2, 0.02)
    finally:
        _kill(pid)
        if exited is not None:
            os.close(exited)
    code, number = _decode(status)
    if not ended:
        ended = "exit" if number is None else "signal"
    return {"ended": ended, "exit_code": code, "signal": number, "memory_peak_mb": round(peak / 1e6, 1)}


def _handle(pid: int) -> Optional[int]:
    """Return a descriptor that becomes readable when the child ends; None where there is no such thing (before Python 3.9, or refused)."""
    opener = getattr(os, "pidfd_open", None)
    try:
        return opener(pid) if opener else None
    except OSError:
        return None


def _decode(status: int) -> Any:
    if os.WIFSIGNALED(status):
        return None, os.WTERMSIG(status)
    return os.WEXITSTATUS(status), None


def _kill(pid: int) -> None:
    """Kill everything in the child's group, the child's own children included."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except OSError:
        pass
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


def sweep() -> None:
    """As the first process of a container: end whatever left the child's group, and collect the dead."""
    if os.getpid() != 1:
        return
    try:
        os.kill(-1, signal.SIGKILL)
        while True:
            os.waitpid(-1, 0)
    except OSError:
        pass


def _resident(pid: int) -> int:
    """Return the resident bytes of a process, 0 when it is gone or the system has no /proc."""
    try:
        with open("/proc/%d/statm" % pid) as stream:
            return int(stream.read().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _group(pid: int) -> List[int]:
    """Return the processes of the group that `pid` leads."""
    members = []
    try:
        entries = os.listdir("/proc")
    except OSError:
        return members
    for entry in entries:
        if entry.isdigit():
            try:
                if os.getpgid(int(entry)) == pid:
                    members.append(int(entry))
            except OSError:
                pass
    return members


def group_of_its_own(parent: Optional[int] = None) -> None:
    """In the child: lead a new group, and die with the agent (Linux)."""
    os.setpgid(0, 0)
    try:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL)
    except (OSError, AttributeError):
        pass
    if parent is not None and os.getppid() != parent:
        os._exit(1)
