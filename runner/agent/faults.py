"""Resource faults: arranged around a save, or done to what a good save wrote. Without TensorFlow; nothing but the save is hit.

The child arranges and notes; the agent, which outlives it, puts together what was left on the disk (`complete`).
"""

import contextlib
import os
import resource
import shutil
import signal
from typing import Any, Callable, Dict, Iterator, List, Optional

from agent import files, formats
from agent.files import MODEL
from agent.report import Report, Unsupported

DURING = ("disk_full", "read_only_target", "no_permission", "out_of_memory", "killed_while_saving")
AFTER = ("truncated", "bit_flipped", "missing_shard")

# Where an engine names the mounts that it made for this.
MOUNTS = {"disk_full": "TFMATRIX_SMALL", "read_only_target": "TFMATRIX_READONLY"}
SMALL_BYTES = 2000000

# What a save may still get when memory has run out: less than a copy of the smallest shipped artifact, more than one of its weights.
MEMORY_LEFT = 1 << 19


def of(request: Dict[str, Any]) -> Optional[str]:
    """Return the fault that the fixture of a request is about."""
    return request["fixture"].get("fault")


def note(request: Dict[str, Any], report: Report, **more: Any) -> None:
    """Record which fault this is about, and whether it is in place by now."""
    if of(request):
        known = report.facts["fault"] or {"kind": of(request), "armed": False}
        report.facts["fault"] = dict(known, **more)


def possible(request: Dict[str, Any]) -> None:
    """Raise Unsupported where the fault of a save cannot be arranged."""
    kind = of(request)
    if kind is None:
        return
    if kind not in DURING + AFTER:
        raise ValueError("unknown fault %r" % kind)
    if kind in MOUNTS:
        mount = os.environ.get(MOUNTS[kind])
        if not mount:
            raise Unsupported("need-unmet", "%s needs a mount of its own, which the docker engine makes: --engine docker" % kind)
        state = os.statvfs(mount)
        if kind == "disk_full" and state.f_blocks * state.f_frsize > SMALL_BYTES:
            raise Unsupported("need-unmet", "%s is no small file system" % mount)
        if kind == "read_only_target" and not state.f_flag & os.ST_RDONLY:
            raise Unsupported("need-unmet", "%s is not read-only" % mount)
    if kind == "no_permission":
        probe = os.path.join(request["scratch"], "closed")
        os.mkdir(probe, 0o555)
        if os.access(probe, os.W_OK):
            raise Unsupported("need-unmet", "no_permission needs a user whom permissions bind; uid %d may write all" % os.getuid())
    if kind == "missing_shard" and request["format"] not in formats.DIRECTORIES + formats.PREFIXES:
        raise Unsupported("need-unmet", "missing_shard needs a format of several files; %s is one" % request["format"])


def place(request: Dict[str, Any]) -> str:
    """Return the directory that is saved into: the artifact's own, or one on the mount of the fault."""
    kind = of(request)
    if kind == "disk_full":
        return os.path.join(os.environ[MOUNTS[kind]], "target")
    if kind == "read_only_target":
        return os.environ[MOUNTS[kind]]
    return os.path.join(request["artifact"], MODEL)


def save(request: Dict[str, Any], report: Report, write: Callable[[str], None], again: Callable[[str], Dict[str, Any]]) -> None:
    """Save by calling `write` with a directory while the fault is at work.

    `again` saves the same model, built anew, into another directory, without any fault, and returns what lies in it: where that
    raises the fault is not to blame, and half of its largest file is where a kill strikes.
    """
    kind = of(request)
    target = place(request)
    if kind != "read_only_target":
        if os.path.isdir(target):
            shutil.rmtree(target)
        os.mkdir(target)
    note(request, report)
    most = 0
    # Memory must be as it is before a first save.
    if kind in DURING and kind != "out_of_memory":
        clean = os.path.join(request["scratch"], "clean")
        os.mkdir(clean)
        carried = again(clean)["optimizer"]
        found = files.listing(clean)
        most = max([item["bytes"] for item in found] or [0])
        note(request, report, optimizer=carried, clean={"files": len(found), "bytes": sum(item["bytes"] for item in found)})
        shutil.rmtree(clean)
    if kind in DURING:
        note(request, report, armed=True)
        report.write()
    with _striking(str(kind), target, most):
        write(target)


@contextlib.contextmanager
def _striking(kind: str, target: str, most: int) -> Iterator[None]:
    """Let what is done inside meet the fault."""
    if kind == "no_permission":
        os.chmod(target, 0o555)
    if kind not in ("out_of_memory", "killed_while_saving"):
        yield
        return
    which = resource.RLIMIT_AS if kind == "out_of_memory" else resource.RLIMIT_FSIZE
    soft, hard = resource.getrlimit(which)
    before = signal.getsignal(signal.SIGXFSZ)
    hold = []  # type: List[Any]
    if kind == "out_of_memory":
        hold.append(bytearray(MEMORY_LEFT))
        resource.setrlimit(which, (_address_space(), hard))
        _use_up(hold)
        del hold[0]
    else:
        # Python ignores this signal and would raise an error instead; by default the system kills at that very byte.
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(which, (max(1, most // 2), hard))
    try:
        yield
    finally:
        resource.setrlimit(which, (soft, hard))
        del hold[:]
        signal.signal(signal.SIGXFSZ, before)


def _address_space() -> int:
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def _use_up(hold: List[Any]) -> None:
    """Take what the allocator still has in large pieces, so that no save is served from what was freed before."""
    size = 1 << 26
    while size >= 1 << 16 and len(hold) < 4000:
        try:
            hold.append(bytearray(size))
        except MemoryError:
            size //= 2


def damage(request: Dict[str, Any], report: Report, target: str, weights: List[bytes]) -> None:
    """Do to the files of a good save what the fault says; `weights` are the bytes of the model's weights."""
    kind = of(request)
    found = sorted(files.listing(target), key=lambda item: (item["bytes"], item["path"]))
    if kind == "missing_shard":
        found = [item for item in found if ".data-" in item["path"]] or found
    path = os.path.join(target, found[-1]["path"])
    size = found[-1]["bytes"]
    if kind == "truncated":
        os.truncate(path, size // 2)
        what = "%s cut from %d to %d bytes" % (found[-1]["path"], size, size // 2)
    elif kind == "bit_flipped":
        with open(path, "rb") as stream:
            offset, where = _bit(stream.read(), weights)
        with open(path, "r+b") as stream:
            stream.seek(offset)
            byte = stream.read(1)
            stream.seek(offset)
            stream.write(bytes([byte[0] ^ 0x80]))
        what = "bit 7 of byte %d of %s, %s" % (offset, found[-1]["path"], where)
    else:
        os.unlink(path)
        what = "%s deleted" % found[-1]["path"]
    note(request, report, armed=True, what=what)


def _bit(content: bytes, weights: List[bytes]) -> Any:
    """Return the byte to be hit, and what it is: in the middle of the largest weight that lies open in the file, else of the file.

    In a float32 it is the lowest bit of the exponent: the value is doubled or halved, and still looks like a weight.
    """
    for weight in sorted(weights, key=len, reverse=True):
        at = content.find(weight) if len(weight) >= 16 else -1
        if at >= 0:
            return at + len(weight) // 8 * 4 + 2, "in the middle of the largest weight in it"
    return len(content) // 2, "its middle: no weight lies open in it"


def complete(request: Dict[str, Any], facts: Dict[str, Any]) -> None:
    """After a save of a fault, however its child ended: what is left on the disk becomes the artifact, with listing and manifest."""
    fault = facts.get("fault")
    if request["stage"] != "save" or not fault:
        return
    came = place(request)
    target = os.path.join(request["artifact"], MODEL)
    try:
        if fault["kind"] == "no_permission" and os.path.isdir(target):
            os.chmod(target, 0o755)
        if fault["armed"]:
            if came != target:
                shutil.copytree(came, target)
            found = files.listing(target)
            facts["files"] = found
            fault["left"] = {"files": len(found), "bytes": sum(item["bytes"] for item in found), "whole": _whole(request, target)}
            files.write_manifest(request, bool(fault.get("optimizer")))
    except OSError as error:
        # The machine's own trouble: without the fault's facts nobody blames the save.
        facts["fault"] = None
        facts["phase"] = "inspect"
        facts["error"] = {"type": type(error).__name__, "message": str(error), "phase": "inspect", "errno": error.errno}
    if fault["kind"] == "disk_full":
        shutil.rmtree(came, ignore_errors=True)


def _whole(request: Dict[str, Any], target: str) -> bool:
    """Say whether all files are there under their names, as somebody sees who looks at them without reading the values."""
    try:
        return (
            not formats.missing(request["format"], os.path.join(target, formats.PATHS[request["format"]])) and files.size_of([target]) > 0
        )
    except Exception:
        return False
