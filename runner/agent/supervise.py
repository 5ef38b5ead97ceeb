"""Watch one child: time, memory, disk and the runner at the other end of standard input; kill its whole group at the end."""

import os
import select
import signal
import time
from typing import Any, Dict, List, Optional, Tuple

from agent import files

PAGE = os.sysconf("SC_PAGE_SIZE")
BEAT_S = 0.005
SLOW_BEAT_S = 0.25
IMPORT_S = 300.0


class HostGone(Exception):
    """The runner closed standard input while a child was at work."""


def watch(
    pid: int, limits: Dict[str, Any], written: List[str], begun: str, words: Optional[int] = None, last: bytes = b""
) -> Tuple[Dict[str, Any], bytes]:
    """Wait for child `pid`, the leader of its own process group, and return how it ended and what it said.

    A child that may stay says how far it is into the pipe `words`; with the word `last` it is left alive, and counts as ended well.
    Its time runs from when the file `begun` appears, so that a fresh interpreter's import of TensorFlow is not counted.
    `limits` has seconds, memory_mb and disk_mb; `written` are the paths whose sizes count against the disk limit.
    How it ended: ended ("exit", "signal", "timeout", "memory", "disk"), exit_code, signal, memory_peak_mb.
    Raises HostGone after killing the child.
    """
    started = time.monotonic()
    begin = slow = started
    working = False
    peak = 0
    ended = ""  # type: str
    said = b""
    stays = False
    status = 0
    heard = select.poll()
    heard.register(0, select.POLLHUP)
    exited = _handle(pid)
    if exited is not None:
        heard.register(exited, select.POLLIN)
    if words is not None:
        heard.register(words, select.POLLIN)
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
            peak = max(peak, resident(pid))
            if now - begin > limits["seconds"]:
                ended = "timeout"
            elif peak > limits["memory_mb"] * 1000000:
                ended = "memory"
            elif now - slow > SLOW_BEAT_S:
                slow = now
                if files.size_of(written) > limits["disk_mb"] * 1000000:
                    ended = "disk"
                peak = max(peak, sum(resident(other) for other in _group(pid)))
            if ended:
                kill(pid)
                _, status = os.waitpid(pid, 0)
                break
            ready = [handle for handle, _ in heard.poll(int(beat * 1000))]
            if 0 in ready:
                raise HostGone()
            if words in ready:
                word = os.read(words, 100)
                said += word
                if not word:
                    heard.unregister(words)
                elif word.endswith(last):
                    stays = True
                    break
            beat = min(beat * 1.2, 0.02)
    finally:
        if not stays:
            kill(pid)
        if exited is not None:
            os.close(exited)
    if words is not None and not stays and select.select([words], [], [], 0)[0]:
        # Its last word may have come with its death.
        said += os.read(words, 100)
    code, number = _decode(status)
    if not ended:
        ended = "exit" if number is None else "signal"
    return {"ended": ended, "exit_code": code, "signal": number, "memory_peak_mb": round(peak / 1e6, 1)}, said


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


def kill(pid: int) -> None:
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


def resident(pid: int) -> int:
    """Return the resident bytes of a process, 0 when it is gone or the system has no /proc."""
    try:
        with open("/proc/%d/statm" % pid) as stream:
            return int(stream.read().split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def company(pid: int) -> List[int]:
    """Return what a child has started and left running: the rest of its group; in a container everything but the agent."""
    return [other for other in (_processes() if os.getpid() == 1 else _group(pid)) if other not in (1, pid)]


def _group(pid: int) -> List[int]:
    """Return the processes of the group that `pid` leads."""
    members = []
    for other in _processes():
        try:
            if os.getpgid(other) == pid:
                members.append(other)
        except OSError:
            pass
    return members


def _processes() -> List[int]:
    try:
        return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]
    except OSError:
        return []


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
