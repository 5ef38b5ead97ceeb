"""Finds the Python interpreters that environments are made from.

Looked for where uv looks, then on PATH, then among pyenv's versions; only when none of them has it, uv is asked to download one.
(Asked first, a machine without a way out would wait for a download of what it has.) Every candidate is run before it is believed:
a shim named `python3.8` proves nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import EngineFault
from runner.model import Reason
from runner.uv_command import RunUv, essence, run_uv

_PROBE = """
import json, os, platform, sys, sysconfig
import ctypes, zlib
base = getattr(sys, "_base_executable", None) or sys.executable
if sys.prefix != sys.base_prefix and os.path.dirname(base) == os.path.dirname(sys.executable):
    base = os.path.join(sys.base_prefix, "bin", "python%d.%d" % sys.version_info[:2])
print(json.dumps({
    "version": "%d.%d.%d" % sys.version_info[:3],
    "implementation": platform.python_implementation(),
    "base": base,
    "bits": 64 if sys.maxsize > 2 ** 32 else 32,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and is what it says: its executable (never that of a virtual environment) and full version."""

    path: Path
    version: str

    @property
    def minor(self) -> str:
        """The version as environments name it, `3.11`."""
        return ".".join(self.version.split(".")[:2])


def probe(executable: Path) -> Interpreter | None:
    """Run an executable; None unless it is a 64-bit CPython with what TensorFlow needs of the standard library."""
    try:
        done = subprocess.run(
            [str(executable), "-I", "-S", "-B", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
        facts = json.loads(done.stdout)
        usable = facts["implementation"] == "CPython" and facts["bits"] == 64 and not facts["free_threaded"]
        return Interpreter(Path(facts["base"]), str(facts["version"])) if usable else None
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def find_interpreter(version: str, *, uv: Path, environ: Mapping[str, str] | None = None, run: RunUv = run_uv) -> Interpreter:
    """Return a Python of the minor `version` ("3.11"); raise EngineFault(interpreter-missing) with the remedy."""
    environ = os.environ if environ is None else environ
    seen: set[Path] = set()
    for candidate in _candidates(version, uv=uv, environ=environ, run=run):
        if candidate in seen:
            continue
        seen.add(candidate)
        found = probe(candidate)
        if found is not None and found.minor == version:
            return found
    why = _download(version, uv=uv, environ=environ, run=run)
    if isinstance(why, Interpreter):
        return why
    raise EngineFault(
        Reason.INTERPRETER_MISSING,
        f"no Python {version} was found by uv, on PATH or under {_pyenv(environ)}, and {why}; "
        f"install one, for example with `uv python install {version}` or `pyenv install {version}`, and start again",
    )


def _candidates(version: str, *, uv: Path, environ: Mapping[str, str], run: RunUv) -> Iterator[Path]:
    answer = run(uv, ["python", "find", "--system", "--no-project", version], seconds=60)
    if answer.code == 0 and answer.output.strip():
        yield Path(answer.output.strip().splitlines()[-1])
    for folder in environ.get("PATH", "").split(os.pathsep):
        for name in (f"python{version}", "python3"):
            found = shutil.which(name, path=folder) if folder else None
            if found:
                yield Path(found)
    yield from pyenv_pythons(version, _pyenv(environ))


def pyenv_pythons(version: str, versions: Path) -> list[Path]:
    """Return pyenv's executables of a minor version, newest patch first."""
    found = [
        (int(match[1]), folder) for folder in _folders(versions) if (match := re.fullmatch(re.escape(version) + r"\.(\d+)", folder.name))
    ]
    return [folder / "bin" / "python" for _, folder in sorted(found, reverse=True) if (folder / "bin" / "python").exists()]


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _pyenv(environ: Mapping[str, str]) -> Path:
    root = environ.get("PYENV_ROOT")
    return (Path(root) if root else Path(environ.get("HOME", "~")).expanduser() / ".pyenv") / "versions"


def _download(version: str, *, uv: Path, environ: Mapping[str, str], run: RunUv) -> Interpreter | str:
    """Let uv download a Python if the user's settings allow; return it, or why there is none."""
    if environ.get("UV_PYTHON_DOWNLOADS", "automatic").lower() in {"never", "manual", "false"} or environ.get("UV_OFFLINE"):
        return "uv may not download one here"
    answer = run(uv, ["python", "install", version], seconds=300, downloads=True)
    if answer.code != 0:
        return f"uv could not download one ({' '.join(essence(answer.errors, lines=2).split())})"
    answer = run(uv, ["python", "find", "--managed-python", "--no-project", version], seconds=60)
    found = probe(Path(answer.output.strip())) if answer.code == 0 and answer.output.strip() else None
    return found if found is not None and found.minor == version else "the one that uv downloaded does not run"
