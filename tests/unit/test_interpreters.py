"""Interpreters: where they are looked for, and that each is run before it is believed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from runner.errors import EngineFault
from runner.interpreters import find_interpreter, probe, pyenv_pythons
from runner.model import Reason
from runner.uv_command import UvResult

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
UV = Path("uv")
NOTHING = UvResult(2, "", "error: No interpreter found")


class Uv:
    """Answers `uv python find` and `uv python install`, and remembers what was asked."""

    def __init__(self, find: UvResult = NOTHING, install: UvResult = NOTHING) -> None:
        self.find, self.install = find, install
        self.asked: list[str] = []

    def __call__(self, uv: Path, arguments: Sequence[str], *, text: str = "", seconds: float = 0, downloads: bool = False) -> UvResult:
        self.asked.append(arguments[1])
        return self.install if arguments[1] == "install" else self.find


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def python(path: Path) -> Path:
    return script(path, f'exec "{sys.executable}" "$@"')


def test_this_python_is_what_it_is() -> None:
    found = probe(Path(sys.executable))
    assert found is not None
    assert found.minor == HERE
    assert found.version == ".".join(map(str, sys.version_info[:3]))


def test_of_a_virtual_environment_the_base_is_given() -> None:
    found = probe(Path(sys.executable))
    assert found is not None
    again = probe(found.path)
    assert again is not None
    assert again.path == found.path
    assert sys.prefix == sys.base_prefix or Path(sys.prefix) not in found.path.parents


@pytest.mark.parametrize("text", ["exit 127", "echo python", "echo '{}'", "echo '[]'", "kill -9 $$", "printf '\\377'"])
def test_what_does_not_answer_like_a_python_is_none(tmp_path: Path, text: str) -> None:
    assert probe(script(tmp_path / "python3", text)) is None


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert probe(tmp_path / "python3") is None


def test_uv_is_asked_first(tmp_path: Path) -> None:
    uv = Uv(find=UvResult(0, f"{sys.executable}\n", ""))
    assert find_interpreter(HERE, uv=UV, environ={"HOME": str(tmp_path)}, run=uv).minor == HERE
    assert uv.asked == ["find"]


def test_a_shim_that_does_not_run_is_passed_over_for_pyenv(tmp_path: Path) -> None:
    script(tmp_path / "shims" / f"python{HERE}", "exit 127")
    python(tmp_path / "pyenv" / "versions" / f"{HERE}.4" / "bin" / "python")
    environ = {"PATH": str(tmp_path / "shims"), "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert find_interpreter(HERE, uv=UV, environ=environ, run=Uv()).minor == HERE


def test_path_comes_before_pyenv_and_another_version_is_passed_over(tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path), "UV_PYTHON_DOWNLOADS": "never"}
    python(tmp_path / "bin" / "python3")
    assert find_interpreter(HERE, uv=UV, environ=environ, run=Uv()).minor == HERE
    python(tmp_path / "bin" / "python3.4")
    with pytest.raises(EngineFault):
        find_interpreter("3.4", uv=UV, environ=environ, run=Uv())


def test_of_pyenv_the_newest_patch_comes_first(tmp_path: Path) -> None:
    for name in ("3.9.2", "3.9.18", "3.10.1", "3.9-dev", "pypy3.9-7.3"):
        python(tmp_path / name / "bin" / "python")
    (tmp_path / "3.9.20").mkdir()
    assert [path.parent.parent.name for path in pyenv_pythons("3.9", tmp_path)] == ["3.9.18", "3.9.2"]


def test_a_missing_interpreter_says_what_to_do(tmp_path: Path) -> None:
    uv = Uv(install=UvResult(1, "", "warning: x\nerror: Request failed after 3 retries\n  cause: dns error\n"))
    with pytest.raises(EngineFault, match=r"no Python 3\.4 .*dns error.*uv python install 3\.4") as caught:
        find_interpreter("3.4", uv=UV, environ={"PATH": "", "HOME": str(tmp_path)}, run=uv)
    assert caught.value.reason is Reason.INTERPRETER_MISSING
    assert uv.asked == ["find", "install"]


@pytest.mark.parametrize("setting", [{"UV_PYTHON_DOWNLOADS": "never"}, {"UV_OFFLINE": "1"}])
def test_nothing_is_downloaded_where_that_is_not_wanted(tmp_path: Path, setting: dict[str, str]) -> None:
    uv = Uv()
    with pytest.raises(EngineFault, match="uv may not download"):
        find_interpreter("3.4", uv=UV, environ={"PATH": "", "HOME": str(tmp_path), **setting}, run=uv)
    assert "install" not in uv.asked


def test_a_downloaded_interpreter_is_run_before_it_is_believed(tmp_path: Path) -> None:
    broken = script(tmp_path / "python3.4", "exit 1")
    answers = iter([NOTHING, UvResult(0, "", ""), UvResult(0, f"{broken}\n", "")])

    def answer(uv: Path, arguments: Sequence[str], *, text: str = "", seconds: float = 0, downloads: bool = False) -> UvResult:
        return next(answers)

    with pytest.raises(EngineFault, match="does not run"):
        find_interpreter("3.4", uv=UV, environ={"PATH": "", "HOME": str(tmp_path)}, run=answer)
