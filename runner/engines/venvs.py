"""Virtual environments in a content-addressed cache: `<cache>/envs/<fingerprint>/`, built from a lock and never resolved again.

Each is built under another name and renamed when it is whole, so a directory of that name is complete or wrong, never half. Before
it is used again it is compared with what was recorded when it was made: its packages with the lock, the size and time of each
file with the packages' own records. Anything else is built anew. Files are hard links into uv's cache, so a file that was
edited in place is damaged there too: the package is taken out of uv's cache before it is installed again.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from runner.errors import EngineFault
from runner.interpreters import Interpreter, probe
from runner.locks import Lock, build_constraints
from runner.model import Environment, Reason
from runner.uv_command import UvResult, essence, run_uv

SCHEMA = 1
_NO_SPACE = ("No space left on device", "Disk quota exceeded")


@dataclass(frozen=True)
class Built:
    """A virtual environment that is whole: its directory, its Python, the recorded facts, and whether it was there before."""

    directory: Path
    python: Path
    facts: dict[str, Any]
    reused: bool


@dataclass(frozen=True)
class Damage:
    """Why a directory in the cache cannot be used, and the packages whose files were changed."""

    why: str
    packages: tuple[str, ...] = ()


def cache_root(environ: Mapping[str, str] | None = None) -> Path:
    """Return where built environments are kept: $TFMATRIX_CACHE, else $XDG_CACHE_HOME/tfmatrix, else ~/.cache/tfmatrix."""
    environ = os.environ if environ is None else environ
    if environ.get("TFMATRIX_CACHE"):
        return Path(environ["TFMATRIX_CACHE"]).expanduser().absolute()
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]).absolute() / "tfmatrix"
    return Path(environ.get("HOME") or Path.home()) / ".cache" / "tfmatrix"


def reuse(directory: Path, fingerprint: str, lock: Lock) -> Built | Damage | None:
    """Return a built environment as recorded, what is wrong with it, or None when there is none."""
    if not directory.is_dir():
        return None
    try:
        facts = json.loads((directory / "facts.json").read_text(encoding="utf-8"))
        wanted = (SCHEMA, fingerprint, lock.pins)
        if (facts["schema"], facts["fingerprint"], facts["packages"]) != wanted:
            return Damage("its recorded facts are of another environment")
        python = directory / "bin" / "python"
        here = probe_inside(python)
        if here != facts["python"]:
            return Damage(f"its Python is {here or 'gone'}, and was {facts['python']}")
        site = site_packages(directory)
        odd = irregular(site, facts["built_ns"])
        changed = {path: package for path, package in odd.items() if path not in facts["irregular"]}
        spoilt = tuple(sorted(set(changed.values())))
        packages = installed(site)
        if packages != lock.pins:
            return Damage(f"its packages are not those of the lock: {difference(packages, lock.pins)}", spoilt)
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        return Damage(f"its recorded facts cannot be read ({type(error).__name__})")
    if changed:
        return Damage(f"{len(changed)} of its files changed, {min(changed)} among them", spoilt)
    return Built(directory, python, facts, reused=True)


def build(
    environment: Environment, lock: Lock, directory: Path, fingerprint: str, *, uv: Path, find: Callable[[str], Interpreter], seconds: float
) -> Built:
    """Build an environment beside `directory` and rename it into place. The caller holds the lock of the fingerprint."""
    interpreter = find(environment.python)
    for old in directory.parent.glob(f".build-{fingerprint}-*"):
        shutil.rmtree(old, ignore_errors=True)
    making = directory.parent / f".build-{fingerprint}-{os.getpid()}"
    try:
        making.parent.mkdir(parents=True, exist_ok=True)
        _install(environment, lock, making, interpreter, uv=uv, seconds=seconds)
        site = site_packages(making)
        damaged = set(irregular(site, time.time_ns()).values())
        if damaged:
            # Most likely files that were edited in place, in an environment that shares them with uv's cache: fetch them again.
            forget(tuple(sorted(damaged)), uv=uv)
            shutil.rmtree(making)
            _install(environment, lock, making, interpreter, uv=uv, seconds=seconds)
            site = site_packages(making)
        packages = installed(site)
        if packages != lock.pins:
            raise EngineFault(
                Reason.ENVIRONMENT_MISMATCH,
                f"{environment.id}: what uv installed is not what is locked: {difference(packages, lock.pins)}; "
                f"lock it anew with `nox -s lock`",
            )
        clash = shared_file(site)
        if clash:
            raise EngineFault(Reason.ENVIRONMENT_MISMATCH, f"{environment.id}: {clash}; ask for one of them only")
        facts = {
            "schema": SCHEMA,
            "fingerprint": fingerprint,
            "environment": environment.id,
            "python": interpreter.version,
            "interpreter": str(interpreter.path),
            "tensorflow": {"distribution": environment.package, "version": packages.get(str(canonicalize_name(environment.package)))},
            "packages": packages,
            "irregular": sorted(irregular(site, time.time_ns())),
            "built_ns": time.time_ns(),
        }
        write_facts(making, facts)
        if directory.exists():
            aside = directory.parent / f".build-{fingerprint}-{os.getpid()}-old"
            directory.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)
        making.rename(directory)
    except OSError as error:
        raise _os_fault(environment, directory, error) from error
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return Built(directory, directory / "bin" / "python", facts, reused=False)


def forget(packages: tuple[str, ...], *, uv: Path) -> None:
    """Take packages out of uv's cache, as far as it lets us: their files were changed there as well."""
    if packages:
        run_uv(uv, ["cache", "clean", *packages], seconds=120)


def write_facts(directory: Path, facts: Mapping[str, Any]) -> None:
    """Write `facts.json` whole or not at all."""
    part = directory / ".facts.json.part"
    part.write_text(json.dumps(facts, indent=1, sort_keys=True), encoding="utf-8")
    part.replace(directory / "facts.json")


def site_packages(directory: Path) -> Path:
    """Return the site-packages of a virtual environment; StopIteration when it has none."""
    return next((directory / "lib").glob("python3.*/site-packages"))


def installed(site: Path) -> dict[str, str]:
    """Return the version of every installed distribution by its normalised name."""
    return {str(canonicalize_name(found.metadata["Name"])): found.version for found in metadata.distributions(path=[str(site)])}


def irregular(site: Path, built_ns: int) -> dict[str, str]:
    """Return path -> package of files that are not as recorded: missing, of another size, or written after `built_ns`.

    A wheel may be wrong about itself; what it gets wrong when it is fetched anew is recorded with the facts.
    """
    found = {}
    for package, rows in records(site):
        for path, _, size in rows:
            if not size:
                continue
            try:
                status = os.stat(f"{site}/{path}")  # noqa: PTH116  (ten thousand files: no Path for each)
                right = status.st_size == int(size) and status.st_mtime_ns <= built_ns
            except OSError:
                right = False
            if not right:
                found[path] = package
    return found


def records(site: Path) -> Iterator[tuple[str, list[list[str]]]]:
    """Yield each package with the rows of its RECORD: path, hash, size."""
    for record in sorted(site.glob("*.dist-info/RECORD")):
        with record.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream) if len(row) == 3]
        yield str(canonicalize_name(record.parent.name.split("-")[0])), rows


def shared_file(site: Path) -> str | None:
    """Return in words that two packages install different files of one name, so that it is luck which is there; None if none do."""
    owners: dict[str, tuple[str, str]] = {}
    for package, rows in records(site):
        for path, digest, _ in rows:
            other, theirs = owners.setdefault(path, (package, digest))
            if other != package and theirs != digest:
                return f"{other} and {package} both install {path}, and not the same"
    return None


def difference(found: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return in words what two package sets differ in, the first few packages of it."""
    parts = []
    for name in sorted(found.keys() | wanted.keys()):
        if name not in found:
            parts.append(f"{name} {wanted[name]} is missing")
        elif name not in wanted:
            parts.append(f"{name} {found[name]} was not asked for")
        elif found[name] != wanted[name]:
            parts.append(f"{name} is {found[name]} and not {wanted[name]}")
    return ", ".join(parts[:4]) + (f" and {len(parts) - 4} more" if len(parts) > 4 else "")


def probe_inside(python: Path) -> str | None:
    """Return the full version of a virtual environment's Python, or None when it does not run."""
    found = probe(python)
    return found.version if found else None


def _install(environment: Environment, lock: Lock, making: Path, interpreter: Interpreter, *, uv: Path, seconds: float) -> None:
    venv = ["venv", "--quiet", "--no-project", "--relocatable", "--python", str(interpreter.path), str(making)]
    _done(environment, run_uv(uv, venv, seconds=120), "its virtual environment could not be made")
    # Beside the environment, so that a message of uv names a file that says what it is.
    constraints = making / "build-constraints.txt"
    constraints.write_text(build_constraints(lock), encoding="utf-8")
    install = ["pip", "install", "--require-hashes", "--no-deps", "--python", str(making / "bin" / "python")]
    install += ["--build-constraints", str(constraints), "-r", str(lock.path.absolute())]
    _done(environment, run_uv(uv, install, seconds=seconds), f"the packages of {lock.path.name} could not be installed")


def _done(environment: Environment, answer: UvResult, what: str) -> None:
    """Raise the fault that an answer of uv stands for, if any."""
    if answer.code == 0:
        return
    if any(sign in answer.errors for sign in _NO_SPACE):
        raise EngineFault(
            Reason.DISK_FULL,
            f"{environment.id}: {what}: the disk is full; make room (an environment needs about 1 GB) or set TFMATRIX_CACHE and "
            f"UV_CACHE_DIR to a larger disk",
            answer.errors[-4000:],
        )
    said = " ".join(essence(answer.errors).removeprefix("error: ").split())
    raise EngineFault(Reason.INSTALL_FAILED, f"{environment.id}: {what}: {said}", answer.errors[-4000:])


def _os_fault(environment: Environment, directory: Path, error: OSError) -> EngineFault:
    text = error.strerror or str(error)
    reason = Reason.DISK_FULL if any(sign in text for sign in _NO_SPACE) else Reason.PERMISSION_DENIED
    return EngineFault(
        reason,
        f"{environment.id}: the environment cannot be written to {directory.parent}: {text}; set TFMATRIX_CACHE to a directory that can be "
        f"written and has room",
    )
