"""What the facts of `doctor` mean: findings with a remedy each, whether the profile can run, and which engine it would take. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.checkup.docker_findings import docker_findings, lacking_base, serves
from runner.checkup.finding import Finding, Sign
from runner.reports.words import counted, size

ENVIRONMENT = 1_100_000_000
"""What an environment needs on the disk where it cannot share files with uv's cache."""


def findings(facts: Mapping[str, Any]) -> tuple[Finding, ...]:
    """Return all that is to be said of the facts, in the order in which it is printed."""
    return (
        *_locks(facts),
        *docker_findings(facts["docker"], facts["podman"]),
        *_local(facts["local"]),
        *_machine(facts["machine"]),
        *_verdict(facts),
    )


def ready(facts: Mapping[str, Any]) -> bool:
    """Say whether the profile can run: it has its locks, and one of the engines has all it needs."""
    return locked(facts) and (serves(facts["docker"]) or local_serves(facts["local"]))


def locked(facts: Mapping[str, Any]) -> bool:
    """Say whether every environment of the profile has its lock."""
    return not any(facts["locks"].values())


def local_serves(facts: Mapping[str, Any]) -> bool:
    """Say whether the local engine can make the environments without anything being installed first."""
    pythons = facts["pythons"].values()
    return (
        _platform_fits(facts)
        and "why" not in facts["uv"]
        and not any("why" in found for found in pythons)
        and facts["cache"].get("writable")
    ) is True


def choice(docker: Mapping[str, Any]) -> tuple[str, str]:
    """Return the engine that `--engine auto` takes and why, by the rule of `runner.engines.make_engine`."""
    if not docker.get("answers"):
        return "local", "no Docker engine answers"
    why = lacking_base(docker)
    return ("local", why) if why else ("docker", "a Docker engine answers and has the images, or can get what they are made from")


def _locks(facts: Mapping[str, Any]) -> Iterator[Finding]:
    area, locks = "matrix", facts["locks"]
    missing = {name: why for name, why in locks.items() if why}
    if not missing:
        yield Finding(area, Sign.OK, f"profile {facts['profile']} of {facts['matrix']}: {counted(len(locks), 'environment')}, all locked")
    for name, why in missing.items():
        yield Finding(area, Sign.MISSING, _without_remedy(why), f"`nox -s lock -- {name}`")
    for note in facts["left_out"]:
        what, _, remedy = note.partition(" or `nox")
        yield Finding(
            area, Sign.WARNING, what.rstrip(","), "`nox" + remedy.removesuffix(" has not been run") if remedy else "`nox -s lock`"
        )


def _without_remedy(why: str) -> str:
    return why.rpartition("; `nox -s lock")[0] or why


def _platform_fits(facts: Mapping[str, Any]) -> bool:
    return facts["system"] == "Linux" and facts["machine"] in ("x86_64", "AMD64")


def _local(facts: Mapping[str, Any]) -> Iterator[Finding]:
    area = "local engine"
    if not _platform_fits(facts):
        text = f"locks are for Linux on x86-64, and this is {facts['system']} on {facts['machine']}"
        yield Finding(area, Sign.MISSING, text, "use the docker engine")
    uv = facts["uv"]
    if "why" in uv:
        yield Finding(area, Sign.MISSING, f"uv does not run, and no Python was looked for: {uv['why']}", "`python -m pip install uv`")
    else:
        yield Finding(area, Sign.OK, f"uv {uv['version']} ({uv['path']})")
        yield from _pythons(area, facts)
    yield _cache(area, facts["cache"])


def _pythons(area: str, facts: Mapping[str, Any]) -> Iterator[Finding]:
    for version, found in facts["pythons"].items():
        if "why" in found:
            would = "; a run would let uv download it" if facts["downloads"] else ""
            yield Finding(area, Sign.MISSING, f"Python {version} is not here{would}", f"`uv python install {version}`")
        else:
            yield Finding(area, Sign.OK, f"Python {found['version']} ({found['path']})")
    others = facts["other_pythons"]
    if others:
        here = [version for version, found in others.items() if "why" not in found]
        lacking = [version for version in others if version not in here]
        text = f"other profiles need Python {', '.join(others)}: {', '.join(here) or 'none'} {'is' if len(here) == 1 else 'are'} here"
        yield Finding(area, Sign.WARNING, text, f"`uv python install {' '.join(lacking)}`") if lacking else Finding(area, Sign.OK, text)


def _cache(area: str, cache: Mapping[str, Any]) -> Finding:
    remedy = "set TFMATRIX_CACHE to a directory that can be written and has room"
    if "why" in cache:
        return Finding(area, Sign.MISSING, f"the cache cannot be looked at: {cache['why']}", remedy)
    if not cache["writable"]:
        return Finding(area, Sign.MISSING, f"the cache {cache['path']} cannot be written", remedy)
    to_build = sum(not there for there in cache["built"].values())
    there = len(cache["built"]) - to_build
    text = f"{there} of {counted(len(cache['built']), 'environment')} {'is' if there == 1 else 'are'} built"
    text += f", {to_build} to build: about {size(to_build * ENVIRONMENT)}" if to_build else ""
    text += f"; {size(cache['free_bytes'])} free in {cache['path']}"
    return Finding(area, Sign.WARNING, text, remedy) if cache["free_bytes"] < to_build * ENVIRONMENT else Finding(area, Sign.OK, text)


def _machine(facts: Mapping[str, Any]) -> Iterator[Finding]:
    area = "machine"
    if "why" in facts:
        yield Finding(area, Sign.WARNING, f"cores and memory cannot be told: {facts['why']}", "give `machine:` in the matrix file")
    else:
        yield Finding(area, Sign.OK, f"{counted(facts['cores'], 'core')}, {size(1e6 * facts['memory_mb'])} of memory ({facts['system']})")
        told = "`machine: memory_mb:`" if facts["memory_mb_asked"] is not None else "70 % of the memory"
        text = f"{counted(facts['agents'], 'agent')} at work, {facts['alive']} alive: {told}, {size(1e6 * facts['budget_mb'])}, for all"
        few = facts["agents"] < (facts["jobs_asked"] or facts["cores"])
        remedy = "more memory, or a larger `machine: memory_mb:` in the matrix file, would give more"
        yield Finding(area, Sign.WARNING, f"{text}; fewer than wanted", remedy) if few else Finding(area, Sign.OK, text)
    yield _cgroup(area, facts["cgroup"])
    if facts["fork"]:
        yield Finding(area, Sign.OK, "cells run in forked children (Linux with /proc)")
    else:
        yield Finding(area, Sign.WARNING, "forking is not safe here, which has no Linux with /proc", "`--isolation process`")


def _cgroup(area: str, group: Mapping[str, Any]) -> Finding:
    if "why" in group:
        return Finding(
            area, Sign.WARNING, f"control groups cannot be read: {group['why']}", "give `machine: memory_mb:` in the matrix file"
        )
    if group["version"] is None:
        return Finding(area, Sign.OK, "no control groups")
    memory = "none on memory" if group["memory"] is None else f"memory {size(group['memory'])}"
    cores = "none on cores" if group["cores"] is None else f"{group['cores']:g} cores"
    return Finding(area, Sign.OK, f"limits of this process (cgroup v{group['version']}): {memory}, {cores}")


def _verdict(facts: Mapping[str, Any]) -> Iterator[Finding]:
    area = "result"
    name, why = choice(facts["docker"])
    able = {"docker": serves(facts["docker"]), "local": local_serves(facts["local"])}
    text = f"`--engine auto` takes {name}: {why}"
    if able[name] or not any(able.values()):
        yield Finding(area, Sign.OK if able[name] else Sign.MISSING, text, "" if able[name] else "make one of the engines complete")
    else:
        other = next(engine for engine, fits in able.items() if fits)
        yield Finding(area, Sign.WARNING, f"{text}; that one is not complete", f"`--engine {other}`, which is")
    if ready(facts):
        with_ = " and ".join(engine for engine, fits in able.items() if fits)
        yield Finding(area, Sign.OK, f"the profile {facts['profile']} can run: {with_}")
    else:
        lacking = "an engine that has all it needs" if locked(facts) else "its locks"
        yield Finding(area, Sign.MISSING, f"the profile {facts['profile']} cannot run: it lacks {lacking}", "do what the lines above say")
