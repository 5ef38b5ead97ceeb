"""The processes in which requests run: a fresh interpreter, a forked child for one request, or one that stays for a few alike.

Starting TensorFlow's runtime costs as much as a small load. So a child that has run a load which passed, with nothing to be said
against it, stays, and is given the next load of the same fixture. Whatever comes out in second place and is not such a pass too
counts for nothing: the request runs again, in a child of its own. That costs more than sharing saves, so a load that is likely to
be none has a child of its own at once.
"""

import json
import os
import resource
import select
import shutil
import subprocess
import sys
import time
import traceback
from typing import Any, Callable, Dict, Optional

from agent import cell, supervise
from agent.report import is_clean
from agent.reset import Before

MOST_CELLS = 16
MEMORY_SHARE = 0.25
IDLE_S = 10.0

# What a child that may stay says of each request: that it passed and the process is being reset, and that this is done.
PASSED = b"p"
STAYS = b"s"


class Child:
    """A forked child that may stay: the agent's ends of the pipes by which it is asked and answers."""

    def __init__(self, pid: int, asking: int, answers: int, kin: Any) -> None:
        self.pid = pid
        self.asking = asking
        self.answers = answers
        self.kin = kin
        self.cells = 1

    def ask(self, request: Dict[str, Any]) -> bool:
        """Hand over one more request. Returns False when the child is gone."""
        try:
            data = json.dumps(request).encode("ascii") + b"\n"
            while data:
                data = data[os.write(self.asking, data) :]
        except OSError:
            return False
        self.cells += 1
        return True

    def close(self) -> None:
        """Close the pipes."""
        os.close(self.asking)
        os.close(self.answers)


class Children:
    """Runs requests; at most one child stays in between."""

    def __init__(self, isolation: str, scratch: str, begin: Callable[[Dict[str, Any], int], None], events: int) -> None:
        """`begin` is told each child that begins with a request; `events` is the descriptor that no child may write to."""
        self._isolation = isolation
        self._scratch = scratch
        self._begin = begin
        self._events = events
        self._kept = None  # type: Optional[Child]
        # Format, loader and options of loads that, the last time, were no clean pass.
        self._doubtful = set()  # type: Set[Any]

    def run(self, request: Dict[str, Any], path: str) -> Dict[str, Any]:
        """Run one request and return its result."""
        started = time.monotonic()
        result = None
        before = None
        # A damaged file does what it likes to the process that reads it.
        if self._isolation == "shared" and request["stage"] == "load" and not request["fixture"].get("fault"):
            like = (request["format"], request["loader"], str(request["fixture"]["options"]))
            if like not in self._doubtful:
                result, before = self._shared(request)
            if result is None or before:
                result = self._alone(request, path)
            (self._doubtful.discard if _is_clean(result) else self._doubtful.add)(like)
            if before:
                result["notes"]["ran_before"] = before
        else:
            self.end()
            result = self._alone(request, path)
        result["duration_s"] = round(time.monotonic() - started, 4)
        shutil.rmtree(request["scratch"], ignore_errors=True)
        return result

    def end(self) -> None:
        """End the child that stayed, if there is one."""
        kept, self._kept = self._kept, None
        if kept is not None:
            supervise.kill(kept.pid)
            os.waitpid(kept.pid, 0)
            kept.close()
            supervise.sweep()

    def _alone(self, request: Dict[str, Any], path: str) -> Dict[str, Any]:
        """Run a request in a child of its own."""
        if os.getpid() == 1:
            # In a container all processes are swept away behind it, and the memory is measured for one child.
            self.end()
        _make_room(request)
        if self._isolation == "process":
            pid = _spawn(path, self._scratch, request)
        else:
            pid = self._fork(request, None, (self._kept.asking, self._kept.answers) if self._kept else ())
        self._begin(request, pid)
        end, _ = supervise.watch(pid, request["limits"], _written(request), cell.begun(request))
        supervise.sweep()
        return cell.collect(request, end)

    def _shared(self, request: Dict[str, Any]) -> Any:
        """Run a load in the child that stayed, or in one that may stay. Returns the result, and why it must run again or None."""
        _make_room(request)
        kin = [request[name] for name in ("fixture", "limits", "tolerances")]
        if self._kept is not None and (self._kept.kin != kin or not self._kept.ask(request)):
            self.end()
        child, self._kept = self._kept or self._begin_sharing(request, kin), None
        try:
            self._begin(request, child.pid)
            end, said = supervise.watch(child.pid, request["limits"], _written(request), cell.begun(request), child.answers, STAYS)
        except BaseException:
            child.close()
            raise
        result = cell.collect(request, end)
        clean = _is_clean(result)
        if said.endswith(STAYS):
            self._kept = child
            crowded = supervise.resident(child.pid) > MEMORY_SHARE * request["limits"]["memory_mb"] * 1000000
            if not clean or crowded or child.cells >= MOST_CELLS or supervise.company(child.pid):
                self.end()
        else:
            child.close()
            supervise.sweep()
        if child.cells > 1:
            result["notes"]["shared"] = child.cells
        # In first place all is as in a child of its own, up to the reset.
        return result, None if clean or child.cells == 1 and not said else _told(result)

    def _begin_sharing(self, request: Dict[str, Any], kin: Any) -> Child:
        theirs, asking = os.pipe()
        answers, answering = os.pipe()
        pid = self._fork(request, (theirs, answering), (asking, answers))
        os.close(theirs)
        os.close(answering)
        return Child(pid, asking, answers, kin)

    def _fork(self, request: Dict[str, Any], pipes: Any, others: Any = ()) -> int:
        """Fork a child that runs the request and never returns; with pipes it may stay. `others` are for the agent alone."""
        parent = os.getpid()
        pid = os.fork()
        if pid:
            # Both sides make the group, so that neither can act before it exists.
            try:
                os.setpgid(pid, pid)
            except OSError:
                pass
            return pid
        code = 1
        try:
            supervise.group_of_its_own(parent)
            for handle in (self._events, *others):
                os.close(handle)
            if pipes is None:
                silence(request)
                cell.run(request, session=self._scratch)
            else:
                _stay(request, self._scratch, *pipes)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)


def _stay(request: Optional[Dict[str, Any]], scratch: str, asked: int, answering: int) -> None:
    """In the child: run requests as long as each passes, nothing of it is left, and there is another."""
    before = Before()
    with os.fdopen(asked, "rb", buffering=0) as requests:
        while request is not None:
            silence(request)
            report = cell.run(request, session=scratch, before=before)
            if not is_clean(report.facts):
                return
            os.write(answering, PASSED)
            whole = before.restore(request)
            sys.stdout.flush()
            sys.stderr.flush()
            report.release()
            # Something may have spoken only now, as it died.
            report.write()
            if not whole:
                return
            os.write(answering, STAYS)
            request = _next(requests)


def _next(requests: Any) -> Optional[Dict[str, Any]]:
    """Return the next request; None when nobody asks for long enough, so that no memory is held for nothing, or ever again."""
    if not select.select([requests], [], [], IDLE_S)[0]:
        return None
    line = requests.readline()
    return json.loads(line.decode("ascii")) if line.endswith(b"\n") else None


def _make_room(request: Dict[str, Any]) -> None:
    """Make the files of a request anew, as an attempt before may have left something in them."""
    shutil.rmtree(request["scratch"], ignore_errors=True)
    if os.path.exists(cell.begun(request)):
        os.unlink(cell.begun(request))
    for folder in (request["scratch"], request["artifact"] if request["stage"] == "save" else request["scratch"]):
        os.makedirs(folder, exist_ok=True)
    # Made here, so that the child only appends and a child without rights to it still leaves a log.
    with open(request["log"], "wb"):
        pass


def _written(request: Dict[str, Any]) -> Any:
    """Return the paths that count against the disk limit."""
    return [request["scratch"], request["log"]] + ([request["artifact"]] if request["stage"] == "save" else [])


def _is_clean(result: Dict[str, Any]) -> bool:
    return result["ended"] == "exit" and result["exit_code"] == 0 and is_clean(result)


def _told(result: Dict[str, Any]) -> Dict[str, Any]:
    """Return what is kept of an attempt that does not count: where only sharing makes a load fail, it is a fault of ours."""
    error = result["error"]
    return {
        "shared": result["notes"].get("shared", 1),
        "ended": result["ended"],
        "phase": result["phase"],
        "error": "%s: %s" % (error["type"], error["message"][:300]) if error else None,
        "checks": sorted(name for name, check in result["checks"].items() if check["result"] == "failed"),
        "partial": [warning["message"][:300] for warning in result["warnings"] if warning["partial"]],
    }


def silence(request: Dict[str, Any]) -> None:
    """In the child: send both output streams to the log, read nothing, and limit the size of one file."""
    log = os.open(request["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    limit = int(request["limits"]["disk_mb"] * 1000000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _spawn(path: str, scratch: str, request: Dict[str, Any]) -> int:
    """Start a fresh interpreter that runs the request."""
    here = os.path.dirname(os.path.abspath(__file__))
    command = [sys.executable, "-B", os.path.join(here, "__main__.py"), "cell", path, "--scratch", scratch]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, preexec_fn=supervise.group_of_its_own)
    # The agent reaps the child itself: Popen must not.
    process.returncode = 0
    return process.pid
