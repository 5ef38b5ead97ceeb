"""The mechanics of faults under every CPython of this machine, without TensorFlow: what strikes, what is left, what is handed on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.artifacts import verify
from runner.protocol import FaultFacts
from tests.contract.test_agent import AGENT, HERE, PYTHONS

NOBODY = 65534
SIZE = 200 * 4096 + 1

Meet = Callable[..., dict[str, Any]]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A directory that another user may reach, as pytest's own may not."""
    place = Path(tempfile.mkdtemp(prefix="tfmatrix-faults-"))
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


@pytest.fixture(params=PYTHONS, ids=lambda path: path.name)
def meet(request: pytest.FixtureRequest, folder: Path) -> Meet:
    def meet(kind: str, format_: str = "h5", *, uid: int | None = None, **variables: str) -> dict[str, Any]:
        driver = folder / "drive.py"
        shutil.copy(HERE / "standin" / "drive_faults.py", driver)
        command = [str(request.param), "-B", str(driver), str(AGENT.parent), str(folder), kind, format_]
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", **variables}
        done = subprocess.run([*command, *([str(uid)] if uid else [])], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, done.stderr
        facts: dict[str, Any] = json.loads(done.stdout)
        if facts["fault"]:
            FaultFacts.model_validate(facts["fault"])
        return facts

    return meet


def left(folder: Path) -> dict[str, int]:
    """Return the sizes of what was handed on; the artifact is what its manifest says."""
    assert verify(folder / "artifact") == ()
    model = folder / "artifact" / "model"
    return {path.name: path.stat().st_size for path in model.rglob("*") if path.is_file()}


def test_a_kill_strikes_at_half_of_the_largest_file(meet: Meet, folder: Path) -> None:
    facts = meet("killed_while_saving")
    assert facts["signal"] == signal.SIGXFSZ
    assert (facts["phase"], facts["error"], facts["fault"]["armed"]) == ("save", None, True)
    assert facts["fault"]["clean"] == {"files": 1, "bytes": SIZE}
    assert left(folder) == {"model.h5": SIZE // 2}
    assert facts["fault"]["left"] == {"files": 1, "bytes": SIZE // 2, "whole": True}


def test_memory_runs_out_and_comes_back(meet: Meet, folder: Path) -> None:
    facts = meet("out_of_memory")
    assert (facts["signal"], facts["phase"]) == (None, "save")
    assert facts["error"]["type"] == "MemoryError"
    assert left(folder) == {}
    assert facts["fault"]["left"] == {"files": 0, "bytes": 0, "whole": False}


def test_no_permission_binds_a_user(meet: Meet, folder: Path) -> None:
    facts = meet("no_permission", uid=NOBODY if os.getuid() == 0 else None)
    if os.getuid() == 0 and facts["error"] and facts["error"]["type"] == "FileNotFoundError":
        pytest.skip("this interpreter lies where no other user may read")
    assert facts["error"]["type"] == "PermissionError"
    assert (facts["error"]["errno"], facts["fault"]["armed"]) == (13, True)
    assert left(folder) == {}


def test_no_permission_does_not_bind_root(meet: Meet) -> None:
    if os.getuid() != 0:
        pytest.skip("not root")
    assert "uid 0 may write all" in meet("no_permission")["unsupported"]["why"]


@pytest.mark.parametrize("kind", ["disk_full", "read_only_target"])
def test_what_needs_a_mount_says_so(meet: Meet, folder: Path, kind: str) -> None:
    facts = meet(kind)
    assert facts["unsupported"]["reason"] == "need-unmet"
    assert "docker" in facts["unsupported"]["why"]
    assert not (folder / "artifact" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("kind", "variable", "why"),
    [("disk_full", "TFMATRIX_SMALL", "no small file system"), ("read_only_target", "TFMATRIX_READONLY", "not read-only")],
)
def test_a_mount_that_is_no_such_mount_is_not_used(meet: Meet, folder: Path, kind: str, variable: str, why: str) -> None:
    (folder / "mount").mkdir()
    facts = meet(kind, **{variable: str(folder / "mount")})
    assert why in facts["unsupported"]["why"]
    assert list((folder / "mount").iterdir()) == []


def test_a_file_is_cut_in_half(meet: Meet, folder: Path) -> None:
    facts = meet("truncated", "checkpoint")
    assert left(folder) == {"ckpt-1.data-00000-of-00001": SIZE // 2, "ckpt-1.index": 5}
    assert facts["fault"]["left"]["whole"]
    assert str(SIZE) in facts["fault"]["what"]


def test_one_bit_of_a_weight_is_flipped(meet: Meet, folder: Path) -> None:
    facts = meet("bit_flipped")
    content = (folder / "artifact" / "model" / "model.h5").read_bytes()
    sound = b"weights, weights" * 51200 + b"\0"
    assert len(content) == len(sound)
    changed = [(at, one ^ other) for at, (one, other) in enumerate(zip(content, sound, strict=True)) if one != other]
    # The weight of 64 bytes begins at 0: byte 2 of the float in its middle.
    assert changed == [(34, 0x80)]
    assert "largest weight" in facts["fault"]["what"]


def test_a_shard_is_lost_where_there_are_shards(meet: Meet, folder: Path) -> None:
    facts = meet("missing_shard", "checkpoint")
    assert left(folder) == {"ckpt-1.index": 5}
    assert not facts["fault"]["left"]["whole"]


def test_a_format_of_one_file_has_no_shards(meet: Meet) -> None:
    assert "h5 is one" in meet("missing_shard", "h5")["unsupported"]["why"]
