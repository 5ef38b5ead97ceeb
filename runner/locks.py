"""Locks: the exact, hashed package list of an environment, resolved as of a date and kept in `images/locks/<environment>.txt`.

A lock is a requirements file that pip understands too. Its comment header records what was asked, so that a lock which no longer
answers the matrix file is noticed. Locks are for Linux on x86-64, resolved alike on every machine: the header names no path and
no index, and the date is a moment in UTC.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.utils import canonicalize_name

from runner.errors import EngineFault
from runner.model import Environment, Reason
from runner.uv_command import RunUv, UvResult, essence, run_uv

PLATFORM = "x86_64-manylinux_2_28"
_TITLE = "# The exact packages of one environment, written by `nox -s lock`. Change matrix.yaml and lock again; do not edit."
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^]]*\])?==([^\s;\\]+)")
_UNDATED = re.compile(r"`([^`]+)` is missing an upload date")
_BUILDERS = ("setuptools", "wheel")
_TENSORFLOWS = ("tensorflow", "tensorflow-cpu", "tensorflow-gpu", "tf-nightly", "tf-nightly-cpu", "tf-nightly-gpu")


@dataclass(frozen=True)
class Lock:
    """A lock as read: what was asked (the header), and the version of each package by its normalised name."""

    path: Path
    text: str
    asked: dict[str, str]
    pins: dict[str, str]


def fingerprint(environment: Environment, lock_text: str) -> str:
    """Return what an environment is known by: its locked packages, its Python and its variables. Comments do not count."""
    content = {"lock": locked_lines(lock_text), "python": environment.python, "variables": sorted(environment.variables)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def locked_lines(text: str) -> list[str]:
    """Return the lines of a lock that decide what is installed: without comments, blank lines and margins."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def requirements(environment: Environment) -> tuple[str, ...]:
    """Return what is asked of the resolver, the exact versions first."""
    named = (
        (environment.package, environment.tensorflow),
        ("tensorflow-addons", environment.addons),
        ("keras", environment.keras),
        ("tf-keras", environment.tf_keras),
    )
    return (*(f"{name}=={version}" for name, version in named if version), *environment.packages)


def one_tensorflow(environment: Environment) -> tuple[str, ...]:
    """Return overrides by which no dependency brings in a second TensorFlow.

    tensorflow-addons 0.6 depends on tensorflow-gpu and tf-keras on tensorflow: installed beside another build of TensorFlow they
    write the same files, and which of the two is imported then is a matter of luck.
    """
    named = {str(canonicalize_name(found[0])) for line in environment.packages if (found := re.match(r"[A-Za-z0-9._-]+", line))}
    return tuple(f"{name}; python_version < '0'" for name in _TENSORFLOWS if name not in {environment.package, *named})


def asked(environment: Environment) -> dict[str, str]:
    """Return the header of an environment's lock: what was asked, by name."""
    return {
        "environment": environment.id,
        "requirements": " ".join(requirement.replace(" ", "") for requirement in requirements(environment)),
        "python": environment.python,
        "as-of": environment.as_of or "today",
        "platform": PLATFORM,
    }


def lock_path(environment: Environment, directory: Path) -> Path:
    """Return where the lock of an environment lies."""
    return directory / f"{environment.id}.txt"


def parse_lock(path: Path, text: str) -> Lock:
    """Read the text of a lock; a file that pins nothing gives no pins, and is for the caller to refuse."""
    header = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        name, colon, value = line[1:].partition(":")
        if colon and " " not in name.strip():
            header[name.strip()] = value.strip()
    pins = {str(canonicalize_name(match[1])): match[2] for line in text.splitlines() if (match := _PIN.match(line))}
    return Lock(path=path, text=text, asked=header, pins=pins)


def read_lock(environment: Environment, directory: Path) -> Lock:
    """Return the lock of an environment; raise EngineFault(lock-missing) when there is none or it answers another question."""
    path = lock_path(environment, directory)
    remedy = f"`nox -s lock -- {environment.id}` makes it"
    try:
        found = parse_lock(path, path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineFault(Reason.LOCK_MISSING, f"{path}: {environment.id} has no lock; {remedy}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise EngineFault(Reason.LOCK_MISSING, f"{path}: the lock cannot be read ({error}); {remedy} anew") from None
    for name in ("requirements", "python", "as-of"):
        wanted = asked(environment)[name]
        if found.asked.get(name) != wanted:
            was = found.asked.get(name, "nothing")
            raise EngineFault(Reason.LOCK_MISSING, f"{path}: the lock is of other {name} ({was}) than the matrix ({wanted}); {remedy} anew")
    if not found.pins:
        raise EngineFault(Reason.LOCK_MISSING, f"{path}: the lock names no package; {remedy} anew")
    return found


def lock(environment: Environment, directory: Path, *, uv: Path, python: Path | None = None, run: RunUv = run_uv) -> Path:
    """Resolve an environment and write its lock; an equal lock is left untouched. Raises EngineFault(resolve-failed).

    One that follows a channel has to come with the version that the channel has now (`package_index.newest_in_channel`).
    `python` is an interpreter of the environment's version, with which packages that have no wheel are asked what they need.
    """
    if not environment.pinned:
        raise EngineFault(
            Reason.RESOLVE_FAILED,
            f"{environment.id}: {environment.package} has no {environment.channel} release for Python {environment.python} now",
        )
    resolved = _resolve(environment, uv=uv, python=python, run=run)
    header = asked(environment)
    path = lock_path(environment, directory)
    old = parse_lock(path, path.read_text(encoding="utf-8")) if path.exists() else None
    if old is not None and locked_lines(old.text) == locked_lines(resolved) and {**old.asked, "resolved": ""} == {**header, "resolved": ""}:
        return path
    if environment.as_of in (None, "today"):
        header["resolved"] = datetime.now(UTC).date().isoformat()
    _write(path, "\n".join([_TITLE, *(f"# {name}: {value}" for name, value in header.items()), resolved.strip(), ""]))
    return path


def _resolve(environment: Environment, *, uv: Path, python: Path | None, run: RunUv) -> str:
    """Return the resolved list. An index may give upload times one minute and none the next, so such pages are fetched twice."""
    text = "\n".join(requirements(environment)) + "\n"
    with tempfile.TemporaryDirectory(prefix="tfmatrix-lock-") as folder:
        overrides = Path(folder) / "overrides.txt"
        overrides.write_text("".join(f"{line}\n" for line in one_tensorflow(environment)), encoding="utf-8")
        arguments = [*_arguments(environment, python), "--override", str(overrides)]
        answer = run(uv, arguments, text=text)
        undated = _undated(answer)
        if undated:
            answer = run(uv, [*arguments, *(f"--refresh-package={name}" for name in undated)], text=text)
            undated = _undated(answer)
    if undated:
        raise EngineFault(
            Reason.RESOLVE_FAILED,
            f"{environment.id}: the index gives no upload times for {', '.join(undated)}, "
            f"so it cannot be resolved as of {environment.as_of}; "
            f"try again later, use an index that serves upload times, or give exact versions under `packages:` in matrix.yaml",
            answer.errors[-4000:],
        )
    if answer.code != 0:
        raise EngineFault(Reason.RESOLVE_FAILED, f"{environment.id}: {_said(answer.errors)}", answer.errors[-4000:])
    return "\n".join(line for line in answer.output.splitlines() if not line.startswith(("#", "--")))


def _undated(answer: UvResult) -> list[str]:
    """Return the packages whose missing upload times may be why there was no answer."""
    return sorted({_package(name) for name in _UNDATED.findall(answer.errors)}) if answer.code != 0 else []


def _arguments(environment: Environment, python: Path | None) -> list[str]:
    arguments = ["pip", "compile", "-", "--generate-hashes", "--no-header", "--no-annotate", "--python-platform", PLATFORM]
    arguments += ["--python-version", environment.python]
    if python is not None:
        arguments += ["--python", str(python)]
    if environment.as_of not in (None, "today"):
        arguments += ["--exclude-newer", f"{environment.as_of}T23:59:59Z"]
        # Where the version is exact the date decides nothing: the addons often came out after the date of their TensorFlow,
        # and this way an index without upload times for a large package does no harm.
        exact = [match[1] for line in requirements(environment) if (match := _PIN.match(line))]
        arguments += [f"--exclude-newer-package={canonicalize_name(name)}=false" for name in exact]
    return arguments


def _said(errors: str) -> str:
    return f"its packages could not be resolved: {' '.join(essence(errors).removeprefix('error: ').split())}"


def _package(file: str) -> str:
    """Return the package of a wheel or source file name."""
    return str(canonicalize_name(re.split(r"-(?=\d)", file, maxsplit=1)[0]))


def build_constraints(found: Lock) -> str:
    """Return the locked build tools as constraints, so that packages without a wheel are built with what was current then."""
    blocks = re.split(r"\n(?=\S)", found.text)
    return "\n".join(block for block in blocks if (match := _PIN.match(block)) and canonicalize_name(match[1]) in _BUILDERS) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise EngineFault(Reason.PERMISSION_DENIED, f"{path}: the lock cannot be written: {error.strerror}") from error
