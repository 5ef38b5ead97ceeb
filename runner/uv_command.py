"""Calls of the `uv` program: where it is, what it may see of the user's settings, and what its messages boil down to.

The user's choice of index, proxy, certificates and cache is kept. Settings that would change what is resolved or where it is
installed are not: a lock has to mean the same on every machine. uv is run outside any project, so that no `uv.toml` or
`pyproject.toml` of a directory takes part, while the user's own `~/.config/uv/uv.toml` does.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runner.errors import EngineFault, Interrupted
from runner.model import Reason

_DROPPED = frozenset(
    {
        "CONDA_PREFIX",
        "PYTHONHOME",
        "PYTHONPATH",
        "VIRTUAL_ENV",
        "UV_BREAK_SYSTEM_PACKAGES",
        "UV_BUILD_CONSTRAINT",
        "UV_COMPILE_BYTECODE",
        "UV_CONSTRAINT",
        "UV_CUSTOM_COMPILE_COMMAND",
        "UV_ENV_FILE",
        "UV_EXCLUDE",
        "UV_EXCLUDE_NEWER",
        "UV_EXCLUDE_NEWER_PACKAGE",
        "UV_FORK_STRATEGY",
        "UV_NO_BINARY",
        "UV_NO_BINARY_PACKAGE",
        "UV_NO_BUILD",
        "UV_NO_BUILD_ISOLATION",
        "UV_NO_BUILD_PACKAGE",
        "UV_NO_EDITABLE",
        "UV_NO_VERIFY_HASHES",
        "UV_OVERRIDE",
        "UV_PRERELEASE",
        "UV_PROJECT",
        "UV_PROJECT_ENVIRONMENT",
        "UV_PYTHON",
        "UV_REQUIRE_HASHES",
        "UV_RESOLUTION",
        "UV_SYSTEM_PYTHON",
        "UV_TORCH_BACKEND",
        "UV_VENV_CLEAR",
        "UV_VENV_RELOCATABLE",
        "UV_VENV_SEED",
        "UV_WORKING_DIR",
        "UV_WORKING_DIRECTORY",
    }
)
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True)
class UvResult:
    """How a call of uv ended; `code` is None when its time was up."""

    code: int | None
    output: str
    errors: str


class RunUv(Protocol):
    """The signature of `run_uv`, so that tests can answer in its place."""

    def __call__(
        self, uv: Path, arguments: Sequence[str], *, text: str = "", seconds: float = 600.0, downloads: bool = False
    ) -> UvResult: ...


def find_uv() -> Path:
    """Return the uv that came with this project's packages, else one on PATH; raise EngineFault when there is none."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise EngineFault(Reason.ENGINE_UNAVAILABLE, "uv was not found: install it into this Python with `python -m pip install uv`")
    return Path(found)


def linux_uv(cache: Path) -> Path:
    """Return a uv for Linux on x86-64, to be used in images: this machine's own where it is one, else one fetched into `cache`."""
    own = find_uv()
    if _is_linux_program(own):
        return own
    version = run_uv(own, ["--version"], seconds=60).output.split()[1]
    place = cache / f"uv-{version}-linux"
    found = place / "bin" / "uv"
    if not found.exists():
        arguments = ["pip", "install", "--target", str(place), "--python-platform", "x86_64-manylinux_2_17", "--python-version", "3.11"]
        answer = run_uv(own, [*arguments, "--no-deps", "--only-binary=:all:", f"uv=={version}"])
        if answer.code != 0:
            raise EngineFault(
                Reason.INSTALL_FAILED, f"uv {version} for Linux could not be fetched: {essence(answer.errors)}", answer.errors
            )
    return found


def _is_linux_program(path: Path) -> bool:
    """Say whether a file is an ELF program for x86-64, and not a script that stands for one."""
    try:
        with path.open("rb") as stream:
            head = stream.read(20)
    except OSError:
        return False
    return head[:4] == b"\x7fELF" and head[18:20] == b"\x3e\x00" and sys.platform == "linux"


def uv_environ(environ: Mapping[str, str], *, downloads: bool = False) -> dict[str, str]:
    """Return the variables for uv: the user's, without those that change a resolution, with pip's index where uv has none."""
    kept = {name: value for name, value in environ.items() if name not in _DROPPED}
    kept |= {"NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
    if "UV_DEFAULT_INDEX" not in kept and "UV_INDEX_URL" not in kept and kept.get("PIP_INDEX_URL"):
        kept["UV_DEFAULT_INDEX"] = kept["PIP_INDEX_URL"]
    if "SSL_CERT_FILE" not in kept and kept.get("PIP_CERT"):
        kept["SSL_CERT_FILE"] = kept["PIP_CERT"]
    for name in ("SSL_CERT_FILE", "UV_CACHE_DIR", "UV_CONFIG_FILE"):
        if kept.get(name):
            kept[name] = str(Path(kept[name]).absolute())
    if not downloads:
        kept["UV_PYTHON_DOWNLOADS"] = "never"
    return kept


def run_uv(uv: Path, arguments: Sequence[str], *, text: str = "", seconds: float = 600.0, downloads: bool = False) -> UvResult:
    """Run uv in an empty directory and return how it ended. Raises Interrupted when it was stopped by Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="tfmatrix-uv-") as nowhere:
        try:
            done = subprocess.run(
                [str(uv), *arguments],
                input=text.encode(),
                capture_output=True,
                timeout=seconds,
                cwd=nowhere,
                env=uv_environ(os.environ, downloads=downloads),
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            return UvResult(None, _text(late.stdout), f"{_text(late.stderr)}\nuv was stopped after {seconds:.0f} s")
        except OSError as error:
            raise EngineFault(Reason.ENGINE_UNAVAILABLE, f"{uv} cannot be run: {error.strerror or error}") from error
    if done.returncode in (-signal.SIGINT, 128 + signal.SIGINT):
        raise Interrupted("uv was interrupted")
    return UvResult(done.returncode, _text(done.stdout), _text(done.stderr))


def essence(errors: str, *, lines: int = 8, width: int = 400) -> str:
    """Return what uv's error output says, without colours, credentials, warnings and the tracebacks of build tools."""
    clean = _CREDENTIALS.sub("***@", _ANSI.sub("", errors)).replace("\r", "\n")
    every = [line.rstrip() for line in clean.splitlines() if line.strip()]
    start = next((number for number, line in enumerate(every) if line.startswith("error:")), 0)
    return "\n".join(line[:width] for line in every[start : start + lines]) or "uv gave no reason"


def _text(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")
