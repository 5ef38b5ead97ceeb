"""Locks: what is asked of the resolver, what is written, and when a lock is refused. uv is answered for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runner.errors import EngineFault
from runner.locks import (
    build_constraints,
    fingerprint,
    lock,
    locked_lines,
    one_tensorflow,
    parse_lock,
    read_lock,
    requirements,
)
from runner.model import Environment, Reason
from runner.uv_command import UvResult, essence, uv_environ

ENVIRONMENT = Environment(id="tf2.15-tfa0.23-py311", tensorflow="2.15.1", python="3.11", addons="0.23.0", as_of="2024-04-22")
RESOLVED = """\
numpy==1.26.4 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
setuptools==69.5.1 \\
    --hash=sha256:cc
tensorflow-cpu==2.15.1 \\
    --hash=sha256:dd
"""
UV = Path("uv")


class Uv:
    """Answers calls of uv from a list and remembers what was asked; overrides are read while they exist."""

    def __init__(self, *answers: UvResult) -> None:
        self.answers = list(answers)
        self.calls: list[Sequence[str]] = []
        self.texts: list[str] = []
        self.overrides = ""

    def __call__(self, uv: Path, arguments: Sequence[str], *, text: str = "", seconds: float = 0, downloads: bool = False) -> UvResult:
        self.calls.append(arguments)
        self.texts.append(text)
        self.overrides = Path(arguments[arguments.index("--override") + 1]).read_text()
        return self.answers.pop(0)


def resolved(text: str = RESOLVED) -> UvResult:
    return UvResult(0, text, "Resolved 3 packages in 1ms\n")


def undated(*files: str) -> UvResult:
    lines = [f"warning: `{file}` is missing an upload date, but user provided: 2024-04-22T23:59:59Z" for file in files]
    return UvResult(1, "", "\n".join([*lines, "error: No solution found when resolving dependencies"]))


def locked(directory: Path, environment: Environment = ENVIRONMENT, text: str = RESOLVED) -> Path:
    return lock(environment, directory, uv=UV, run=Uv(resolved(text)))


def test_a_lock_records_what_was_asked_and_is_read_back(tmp_path: Path) -> None:
    path = locked(tmp_path)
    found = read_lock(ENVIRONMENT, tmp_path)
    assert path == tmp_path / "tf2.15-tfa0.23-py311.txt"
    assert found.pins == {"numpy": "1.26.4", "setuptools": "69.5.1", "tensorflow-cpu": "2.15.1"}
    assert found.asked["requirements"] == "tensorflow-cpu==2.15.1 tensorflow-addons==0.23.0"
    assert (found.asked["python"], found.asked["as-of"]) == ("3.11", "2024-04-22")


def test_a_lock_names_no_path_of_the_machine_and_no_index(tmp_path: Path) -> None:
    text = locked(tmp_path, text=f"--index-url https://user:secret@index.example/simple\n# from {tmp_path}\n{RESOLVED}").read_text()
    assert "://" not in text
    assert str(tmp_path) not in text


def test_the_resolver_is_asked_for_the_date_the_python_and_the_platform(tmp_path: Path) -> None:
    uv = Uv(resolved())
    lock(ENVIRONMENT, tmp_path, uv=UV, python=Path("/opt/python3.11"), run=uv)
    (call,) = uv.calls
    assert "--generate-hashes" in call
    assert call[call.index("--exclude-newer") + 1] == "2024-04-22T23:59:59Z"
    assert call[call.index("--python-version") + 1] == "3.11"
    assert call[call.index("--python") + 1] == "/opt/python3.11"
    assert uv.texts == ["tensorflow-cpu==2.15.1\ntensorflow-addons==0.23.0\n"]


def test_the_date_does_not_hold_for_what_has_an_exact_version(tmp_path: Path) -> None:
    """Addons often came out after the date of their TensorFlow."""
    uv = Uv(resolved())
    lock(replace(ENVIRONMENT, packages=("scipy<1.12", "Protobuf==3.20.3")), tmp_path, uv=UV, run=uv)
    exempt = [argument.split("=", 1)[1] for argument in uv.calls[0] if argument.startswith("--exclude-newer-package")]
    assert exempt == ["tensorflow-cpu=false", "tensorflow-addons=false", "protobuf=false"]


def test_today_is_no_date(tmp_path: Path) -> None:
    uv = Uv(resolved())
    path = lock(replace(ENVIRONMENT, as_of="today"), tmp_path, uv=UV, run=uv)
    assert not any("exclude-newer" in argument for argument in uv.calls[0])
    assert "# as-of: today" in path.read_text()
    assert "# resolved: " in path.read_text()


def test_everything_asked_for_is_a_requirement() -> None:
    environment = replace(ENVIRONMENT, addons=None, keras="3.3.3", tf_keras="2.16.0", packages=("scipy<1.12",))
    assert requirements(environment) == ("tensorflow-cpu==2.15.1", "keras==3.3.3", "tf-keras==2.16.0", "scipy<1.12")


def test_no_dependency_brings_in_a_second_tensorflow(tmp_path: Path) -> None:
    uv = Uv(resolved())
    lock(ENVIRONMENT, tmp_path, uv=UV, run=uv)
    assert "tensorflow-gpu; python_version < '0'\n" in uv.overrides
    assert "tensorflow-cpu;" not in uv.overrides
    wanted = replace(ENVIRONMENT, packages=("tensorflow-gpu==2.15.0",))
    assert not any(line.startswith("tensorflow-gpu;") for line in one_tensorflow(wanted))


def test_a_page_without_upload_times_is_fetched_again(tmp_path: Path) -> None:
    uv = Uv(undated("opt_einsum-3.3.0-py3-none-any.whl"), resolved())
    assert lock(ENVIRONMENT, tmp_path, uv=UV, run=uv).exists()
    assert "--refresh-package=opt-einsum" in uv.calls[1]


def test_packages_without_upload_times_are_named(tmp_path: Path) -> None:
    answer = undated("opt_einsum-3.3.0-py3-none-any.whl", "absl-py-0.8.1.tar.gz")
    with pytest.raises(EngineFault, match=r"no upload times for absl-py, opt-einsum, .*as of 2024-04-22; try again later") as caught:
        lock(ENVIRONMENT, tmp_path, uv=UV, run=Uv(answer, answer))
    assert caught.value.reason is Reason.RESOLVE_FAILED
    assert not list(tmp_path.iterdir())


def test_a_failed_resolution_says_why_and_writes_nothing(tmp_path: Path) -> None:
    errors = "warning: noise\nerror: No solution found when resolving dependencies\n  cause: Because a and b disagree\n"
    with pytest.raises(EngineFault) as caught:
        lock(ENVIRONMENT, tmp_path, uv=UV, run=Uv(UvResult(1, "", errors)))
    assert caught.value.reason is Reason.RESOLVE_FAILED
    assert "tf2.15-tfa0.23-py311" in caught.value.message
    assert "Because a and b disagree" in caught.value.message
    assert "noise" not in caught.value.message
    assert not list(tmp_path.iterdir())


def test_a_channel_without_a_release_is_no_lock(tmp_path: Path) -> None:
    environment = Environment(id="tfpre-py313", tensorflow="newest-pre", channel="newest-pre", python="3.13")
    with pytest.raises(EngineFault, match=r"tensorflow-cpu has no newest-pre release for Python 3\.13 now"):
        lock(environment, tmp_path, uv=UV, run=Uv())


def test_an_equal_lock_is_left_untouched(tmp_path: Path) -> None:
    environment = replace(ENVIRONMENT, as_of="today")
    path = locked(tmp_path, environment)
    path.write_text(path.read_text().replace("# resolved: ", "# resolved: 1999-"))
    before = path.read_text()
    locked(tmp_path, environment)
    assert path.read_text() == before
    locked(tmp_path, environment, RESOLVED.replace("1.26.4", "1.26.5"))
    assert path.read_text() != before


def test_a_missing_lock_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(EngineFault, match=r"has no lock; `nox -s lock -- tf2\.15-tfa0\.23-py311` makes it") as caught:
        read_lock(ENVIRONMENT, tmp_path)
    assert caught.value.reason is Reason.LOCK_MISSING


@pytest.mark.parametrize(
    "change", [{"tensorflow": "2.15.0"}, {"python": "3.10"}, {"as_of": "2024-01-01"}, {"packages": ("scipy",)}, {"addons": None}]
)
def test_a_lock_of_another_question_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    locked(tmp_path)
    with pytest.raises(EngineFault, match="than the matrix") as caught:
        read_lock(replace(ENVIRONMENT, **change), tmp_path)
    assert caught.value.reason is Reason.LOCK_MISSING


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"\xff\xfe\x00"), lambda path: path.write_text("")])
def test_a_spoilt_lock_is_refused(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(locked(tmp_path))
    with pytest.raises(EngineFault) as caught:
        read_lock(ENVIRONMENT, tmp_path)
    assert caught.value.reason is Reason.LOCK_MISSING


def test_a_lock_with_windows_line_ends_is_the_same_lock(tmp_path: Path) -> None:
    path = locked(tmp_path)
    before = fingerprint(ENVIRONMENT, path.read_text())
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert fingerprint(ENVIRONMENT, read_lock(ENVIRONMENT, tmp_path).text) == before


def test_a_fingerprint_follows_packages_python_and_variables_only(tmp_path: Path) -> None:
    text = locked(tmp_path).read_text()
    base = fingerprint(ENVIRONMENT, text)
    assert fingerprint(replace(ENVIRONMENT, id="other", as_of="today"), "# another comment\n" + text) == base
    assert fingerprint(ENVIRONMENT, text.replace("sha256:aa", "sha256:ab")) != base
    assert fingerprint(replace(ENVIRONMENT, python="3.12"), text) != base
    assert fingerprint(replace(ENVIRONMENT, variables=(("TF_USE_LEGACY_KERAS", "1"),)), text) != base


def test_build_tools_are_constrained_with_their_hashes(tmp_path: Path) -> None:
    assert locked_lines(build_constraints(parse_lock(tmp_path, f"# python: 3.11\n{RESOLVED}"))) == [
        "setuptools==69.5.1 \\",
        "--hash=sha256:cc",
    ]


def test_messages_of_uv_are_shortened_and_keep_no_secret() -> None:
    errors = "\x1b[33mwarning\x1b[0m: old\nerror: Failed to fetch `https://me:secret@index.example/simple/`\n" + "detail\n" * 50
    said = essence(errors, lines=3)
    assert said.splitlines()[0] == "error: Failed to fetch `https://***@index.example/simple/`"
    assert len(said.splitlines()) == 3


def test_uv_sees_the_users_index_and_not_what_changes_a_resolution() -> None:
    environ = {"UV_DEFAULT_INDEX": "a", "UV_EXCLUDE_NEWER": "2020-01-01", "VIRTUAL_ENV": "/x", "PIP_INDEX_URL": "b", "HTTPS_PROXY": "p"}
    seen = uv_environ(environ)
    assert (seen["UV_DEFAULT_INDEX"], seen["HTTPS_PROXY"], seen["UV_PYTHON_DOWNLOADS"]) == ("a", "p", "never")
    assert not {"UV_EXCLUDE_NEWER", "VIRTUAL_ENV"} & seen.keys()
    assert uv_environ({"PIP_INDEX_URL": "b"})["UV_DEFAULT_INDEX"] == "b"
