"""What the facts about Docker mean. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.checkup.finding import Finding, Sign
from runner.reports.words import counted, size

AREA = "docker"
ROOM = 2_500_000_000
"""What an image is taken to need while it is built, as the engine itself takes it (`images.ROOM_GB`)."""

LARGEST_SKEW_S = 300.0
PODMAN = "`systemctl --user start podman.socket; export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/podman/podman.sock`"

_REMEDIES = {
    "module": "`python -m pip install docker`, or run nox, which brings it",
    "permission": "add yourself to the group docker (`sudo usermod -aG docker $USER`, then log in again), or use rootless Docker",
    "refused": "start it: `sudo systemctl start docker`",
    "slow": "it is there and says nothing: restart it (`sudo systemctl restart docker`)",
    "ssh": "forward its socket (`ssh -N -L /tmp/docker.sock:/var/run/docker.sock HOST`) and set DOCKER_HOST=unix:///tmp/docker.sock",
}
_SAID = {
    "module": "the Python package docker cannot be imported",
    "permission": "permission denied",
    "absent": "nothing is there",
    "refused": "nobody listens",
    "slow": "it does not answer in time",
    "ssh": "ssh:// is not spoken here",
}


def docker_findings(facts: Mapping[str, Any], podman: list[dict[str, Any]]) -> Iterator[Finding]:
    """Return what there is to say of Docker and of Podman's socket."""
    if facts.get("answers"):
        yield from _engine(facts)
        yield from _disk(facts)
        yield from _bases(facts)
    else:
        yield _silent(facts)
    yield from _podman(facts, podman)


def serves(facts: Mapping[str, Any]) -> bool:
    """Say whether this engine can run the environments."""
    return bool(facts.get("answers")) and facts.get("os") in (None, "linux") and not _skewed(facts) and lacking_base(facts) is None


def lacking_base(facts: Mapping[str, Any]) -> str | None:
    """Return why the first image that cannot be had cannot, or None: the rule by which `--engine auto` leaves Docker aside."""
    return next((str(base["why"]) for base in facts.get("bases", {}).values() if base["needed"] and base["why"]), None)


def _silent(facts: Mapping[str, Any]) -> Finding:
    kind, named = str(facts.get("kind", "other")), facts.get("DOCKER_HOST")
    where = f" at {facts['address']}" if facts.get("address") else ""
    said = _SAID.get(kind) or _short(str(facts.get("why") or "no reason is known"))
    if kind == "module":
        said = f"{said} ({facts.get('why')})"
    remedy = _REMEDIES.get(kind)
    if named and kind not in ("module", "ssh", "permission"):
        remedy = f"DOCKER_HOST={named} names it: correct that, or `unset DOCKER_HOST`"
    elif kind == "absent":
        remedy = (
            _REMEDIES["refused"] if facts.get("program") else "install Docker Engine (https://docs.docker.com/engine/install/) or Podman"
        )
    return Finding(AREA, Sign.MISSING, f"no Docker engine answers{where}: {said}", remedy or "see what `docker info` says")


def _short(why: str) -> str:
    return " ".join(why.removeprefix("no Docker engine answers: ").partition("; start it")[0].split())[:200]


def _engine(facts: Mapping[str, Any]) -> Iterator[Finding]:
    name = {"docker": "Docker", "podman": "Podman"}.get(str(facts.get("name")), str(facts.get("name")))
    details = [f"API {facts.get('api')}", f"storage {facts.get('driver')}", *(["rootless"] if facts.get("rootless") else [])]
    yield Finding(AREA, Sign.OK, f"{name} {facts.get('version')} answers at {facts.get('address')} ({', '.join(details)})")
    if facts.get("os") not in (None, "linux"):
        yield Finding(AREA, Sign.MISSING, f"it runs containers of {facts['os']}", "switch it to Linux containers")
    yield Finding(AREA, Sign.OK, f"it has {facts.get('cpus')} cores and {size(1e6 * (facts.get('memory_mb') or 0))} of memory")
    if facts.get("arch") not in (None, "x86_64", "amd64"):
        yield Finding(
            AREA, Sign.WARNING, f"it runs on {facts['arch']}, images are for x86-64: emulated, if at all", "use an engine on x86-64"
        )
    limits = {name: bool(there) for name, there in (facts.get("limits") or {}).items()}
    ignored = [name for name, there in limits.items() if not there]
    version = f"cgroup {facts['cgroup']}" if facts.get("cgroup") else "cgroup unknown"
    if ignored:
        text = f"it does not limit {', '.join(ignored)} ({version}): a cell can take what others need"
        yield Finding(AREA, Sign.WARNING, text, "boot with cgroup v2 and delegate its controllers to the engine, or run fewer `--jobs`")
    elif limits:
        yield Finding(AREA, Sign.OK, f"it limits {', '.join(limits)} ({version})")
    off = facts.get("clock_skew_s")
    if _skewed(facts):
        yield Finding(AREA, Sign.MISSING, f"its clock is {off:+.0f} s off: no image is built so", "set the clocks right, with NTP on both")
    elif off is None:
        yield Finding(AREA, Sign.WARNING, "it does not tell its time", "compare the clocks by hand")
    else:
        yield Finding(AREA, Sign.OK, f"its clock agrees ({off + 0.0:+.1f} s)")


def _skewed(facts: Mapping[str, Any]) -> bool:
    off = facts.get("clock_skew_s")
    return off is not None and abs(off) > LARGEST_SKEW_S


def _disk(facts: Mapping[str, Any]) -> Iterator[Finding]:
    built = facts.get("images") or {}
    to_build = sum(not there for there in built.values())
    images = f"{len(built) - to_build} of {counted(len(built), 'image')} {'is' if len(built) - to_build == 1 else 'are'} there"
    needed = f", {to_build} to build: about {size(to_build * ROOM)}" if to_build else ""
    free, root = facts.get("free_bytes"), facts.get("root")
    if free is None:
        yield Finding(AREA, Sign.OK, f"{images}{needed}; it keeps data in {root}, and how much is free there is not to be seen from here")
    elif free < to_build * ROOM:
        text = f"{images}{needed}; {size(free)} free in {root}"
        yield Finding(AREA, Sign.WARNING, text, "make room: `nox -s images -- --prune`, or move the engine's data (data-root)")
    else:
        yield Finding(AREA, Sign.OK, f"{images}{needed}; {size(free)} free in {root}")


def _bases(facts: Mapping[str, Any]) -> Iterator[Finding]:
    for name, base in (facts.get("bases") or {}).items():
        pythons = ", ".join(base["pythons"])
        if base["here"]:
            yield Finding(AREA, Sign.OK, f"base image for Python {pythons}: {name} is there")
        elif not base["why"]:
            yield Finding(AREA, Sign.OK, f"base image for Python {pythons}: {name} can be pulled")
        elif base["needed"]:
            why = str(base["why"]).rpartition("does not give it: ")[2]
            remedy = f"`docker pull {name}` where it can be had, or name a mirror under `images: base:` in the matrix file"
            yield Finding(AREA, Sign.MISSING, f"base image for Python {pythons}: {name} cannot be had: {_short(why)}", remedy)
        else:
            yield Finding(AREA, Sign.OK, f"base image for Python {pythons}: {name} is not to be had, and not needed: all images are built")


def _podman(facts: Mapping[str, Any], podman: list[dict[str, Any]]) -> Iterator[Finding]:
    used = str(facts.get("address", "")).removeprefix("unix://") if facts.get("answers") else ""
    for socket in podman:
        if socket["socket"] == used:
            continue
        command = f"`export DOCKER_HOST=unix://{socket['socket']}`"
        if socket["answers"]:
            text = f"Podman {socket.get('version')} answers at {socket['socket']}, and speaks the same protocol"
            if facts.get("answers"):
                yield Finding(AREA, Sign.OK, f"{text}: {command} takes it")
            else:
                yield Finding(AREA, Sign.WARNING, text, f"{command} to use it")
        elif not facts.get("answers"):
            yield Finding(AREA, Sign.WARNING, f"Podman's socket {socket['socket']} does not answer: {socket.get('why')}", PODMAN)
