"""The command `images`, its pure parts: the table, what is of no use, the end of a log, and what it refuses."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from runner.engines.docker.images import Kept
from runner.errors import EngineFault, UsageError
from runner.imaging import LOG_LINES, Wanted, age, end_of, images, table
from runner.model import Reason
from runner.reports.words import size

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
USED = Kept("sha256:1", "tfmatrix:aa", "aa", "tf2.15-py311", "2026-03-10T10:00:00+00:00", 1_390_000_000)
UNUSED = Kept("sha256:2", "tfmatrix:bb", "bb", "tf2.15-py311", "2026-03-07T10:00:00+00:00", 874_000_000)
NAMELESS = Kept(f"sha256:{'c' * 64}", f"sha256:{'c' * 64}", "aa", "tf2.15-py311", "2026-03-10T11:00:00+00:00", 1_390_000_000)
MATRIX = """
schema: 1
environments:
  - {tensorflow: "2.15.1", python: "3.11"}
"""


def run(tmp_path: Path, *patterns: str, list_: bool = False, prune: bool = False) -> int:
    path = tmp_path / "matrix.yaml"
    path.write_text(MATRIX, encoding="utf-8")
    return images(patterns, matrix=path, list_=list_, prune=prune, console=Console(file=io.StringIO()))


def test_the_table_says_who_uses_what() -> None:
    lines = table([USED, UNUSED], Wanted({"tfmatrix:aa": ("tf2.15-py311", "twin")}), now=NOW)
    assert lines[0].split() == ["environment", "tag", "size", "age", "used", "by"]
    assert re.split(r"\s{2,}", lines[1]) == ["tf2.15-py311", "tfmatrix:aa", "1.4 GB", "2 h", "tf2.15-py311, twin"]
    assert lines[2].endswith("3 days  nothing")
    assert lines[3].startswith("2 images, 2.3 GB")
    assert "1 of no use" in lines[4]
    assert "nox -s images -- --prune" in lines[4]


def test_without_images_the_table_says_how_to_make_them() -> None:
    assert "nox -s images" in table([], Wanted(), now=NOW)[0]


def test_an_image_that_lost_its_name_is_used_by_nobody() -> None:
    assert not Wanted({"tfmatrix:aa": ("tf2.15-py311",)}).uses(NAMELESS)
    assert "(none) cccccccccccc" in table([NAMELESS], Wanted(), now=NOW)[1]


def test_the_images_of_an_environment_without_a_lock_are_not_of_no_use() -> None:
    wanted = Wanted({}, frozenset({"tf2.15-py311"}))
    assert wanted.uses(UNUSED)
    assert table([UNUSED], wanted, now=NOW)[1].endswith("unknown: its environment has no lock")


@pytest.mark.parametrize(
    ("created", "said"),
    [
        ("2026-03-10T11:59:30+00:00", "now"),
        ("2026-03-10T11:50:10+00:00", "9 min"),
        ("2026-03-09T11:00:00+00:00", "1 day"),
        ("2026-03-10T13:00:00+00:00", "now"),
        ("", "?"),
        ("2026-03-10", "?"),
    ],
)
def test_an_age(created: str, said: str) -> None:
    assert age(created, NOW) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 MB"), (215_400_000, "215 MB"), (999_700_000, "1.0 GB"), (1_390_000_000, "1.4 GB"), (72e9, "72 GB")]
)
def test_a_size(count: float, said: str) -> None:
    assert size(count) == said


def test_of_a_log_the_end_is_told() -> None:
    assert end_of("") == []
    assert end_of("one\n\n two\r\n") == ["    one", "     two"]
    lines = end_of("\n".join(str(number) for number in range(100)))
    assert lines[0] == f"    ... {100 - LOG_LINES} lines before"
    assert lines[-1] == "    99"
    assert len(lines) == LOG_LINES + 1


def test_an_unknown_environment_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"images tf2.15-py31: .*did you mean 'tf2\.15-py311'") as caught:
        run(tmp_path, "tf2.15-py31")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(("patterns", "list_", "prune"), [(("*",), True, False), (("*",), False, True), ((), True, True)])
def test_list_and_prune_are_about_all_images(tmp_path: Path, patterns: tuple[str, ...], list_: bool, prune: bool) -> None:
    with pytest.raises(UsageError, match="alone"):
        run(tmp_path, *patterns, list_=list_, prune=prune)


def test_without_an_engine_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nothing.sock")
    with pytest.raises(EngineFault, match="no Docker engine answers") as caught:
        run(tmp_path)
    assert (caught.value.exit_code, caught.value.reason) == (4, Reason.ENGINE_UNAVAILABLE)
