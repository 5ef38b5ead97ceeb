"""The command `images` on the real engine: what is built is reused, a failure leaves the others alone, and only what is named is removed.

Each test has images of its own, told from all others by a variable or a label, and removes no other: the engine is shared.
"""

from __future__ import annotations

import io
import platform
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from rich.console import Console

from runner import imaging
from runner.engines.docker import daemon
from runner.engines.docker.engine import HOST, SESSION, DockerEngine
from runner.engines.docker.images import LABEL, REPOSITORY, STAGE, Kept, kept
from runner.engines.docker.leftovers import leftovers
from runner.spec import MatrixSpec, load_matrix

pytestmark = pytest.mark.docker

BASE = "python:3.11-slim-bookworm"
LOCKS = Path(__file__).parents[2] / "images" / "locks"
FIRST, SECOND = "tf2.15-py311", "tf2.16-py311"


@pytest.fixture
def client() -> Iterator[docker.DockerClient]:
    made = daemon.connect()
    yield made
    made.close()


@pytest.fixture
def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A matrix file whose environments hold one small package and are nobody else's; its images are removed at the end."""
    monkeypatch.setenv("TFMATRIX_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "matrix.yaml"
    entry = f'python: "3.11", variables: {{TFMATRIX_TEST: "{uuid.uuid4().hex}"}}'
    path.write_text(
        f'schema: 1\nenvironments:\n  - {{tensorflow: "2.15.1", {entry}}}\n  - {{tensorflow: "2.16.2", {entry}}}\n', encoding="utf-8"
    )
    locks = tmp_path / "images" / "locks"
    locks.mkdir(parents=True)
    for name in (FIRST, SECOND):
        whole = (LOCKS / f"{name}.txt").read_text(encoding="utf-8")
        header = "\n".join(line for line in whole.splitlines() if line.startswith("#"))
        small = re.search(r"^six==.*\n(?:    .*\n)+", whole, re.M)
        assert small is not None
        (locks / f"{name}.txt").write_text(f"{header}\n{small[0]}", encoding="utf-8")
    tags = set(tags_of(load_matrix(path)))
    yield path
    with_client = daemon.connect()
    for tag in tags & {image.tag for image in kept(with_client)}:
        with_client.images.remove(tag)
    with_client.close()


def tags_of(spec: MatrixSpec) -> list[str]:
    engine = DockerEngine(locks=spec.locks, settings=spec.images)
    try:
        return list(imaging.wanted_by(spec, engine).by_tag)
    finally:
        engine.close()


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=300)


def said(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    text = screen.file.getvalue()
    screen.file.seek(0)
    screen.file.truncate()
    return text


def made(client: docker.DockerClient, labels: dict[str, str], tag: str | None = None) -> str:
    """Build a tiny image with these labels; return its id."""
    lines = "".join(f'LABEL {name}="{value}"\n' for name, value in labels.items())
    image, _ = client.images.build(fileobj=io.BytesIO(f"FROM {BASE}\n{lines}".encode()), tag=tag, rm=True)
    return str(image.id)


def images(matrix: Path, screen: Console, *patterns: str, list_: bool = False) -> int:
    return imaging.images(patterns, matrix=matrix, list_=list_, prune=False, console=screen)


def test_an_image_is_built_once_and_listed(matrix: Path, screen: Console) -> None:
    assert images(matrix, screen, FIRST) == 0
    built = said(screen)
    assert f"{FIRST}: building" in built
    tag = re.search(rf"{REPOSITORY}:\w{{32}}", built)
    assert tag is not None
    assert re.search(rf"{FIRST}: built, .* s, \d+ MB, {tag[0]}", built)
    assert images(matrix, screen, FIRST) == 0
    assert re.search(rf"{FIRST}: reused, .* s, \d+ MB, {REPOSITORY}:\w{{32}}", said(screen))
    assert images(matrix, screen, list_=True) == 0
    row = next(line for line in said(screen).splitlines() if tag[0] in line)
    assert row.startswith(FIRST)
    assert row.endswith(f"{FIRST}, {SECOND}"), "their locks hold the same, so one image is that of both"


def test_one_that_fails_is_told_with_its_log_and_the_others_are_built(matrix: Path, screen: Console) -> None:
    lock = matrix.parent / "images" / "locks" / f"{FIRST}.txt"
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text(encoding="utf-8")), encoding="utf-8")
    assert images(matrix, screen) == 4
    text = said(screen)
    assert re.search(rf"{FIRST}: failed after .*: install-failed: ", text)
    assert re.search(r"(?m)^    .*[Hh]ash", text), "the end of the build log is printed below"
    assert f"{SECOND}: built" in text
    assert "1 of 2 images is there: 1 built, 0 reused" in text


def test_what_the_matrix_does_not_use_is_told_and_only_what_is_named_is_removed(
    client: docker.DockerClient, matrix: Path, screen: Console
) -> None:
    fingerprint = uuid.uuid4().hex
    tag = f"{REPOSITORY}:{fingerprint}"
    made(client, {LABEL: fingerprint, "tfmatrix.environment": "of-a-test"}, tag)
    other = f"{REPOSITORY}:{uuid.uuid4().hex}"
    made(client, {LABEL: other.partition(":")[2], "tfmatrix.environment": "of-a-test"}, other)
    try:
        images(matrix, screen, list_=True)
        row = next(line for line in said(screen).splitlines() if tag in line)
        assert row.split()[:2] == ["of-a-test", tag]
        assert row.endswith("nothing")
        failed, _ = imaging.remove_images(client, [image for image in kept(client) if image.tag == tag], screen)
        assert failed == 0
        assert f"of-a-test: {tag} removed" in said(screen)
        assert other in {image.tag for image in kept(client)}
        assert tag not in {image.tag for image in kept(client)}
        gone = Kept("sha256:0", tag, fingerprint, "of-a-test", "", 0)
        assert imaging.remove_images(client, [gone], screen)[0] == 0, "one that is gone already is no error"
    finally:
        client.images.remove(other)


def test_prune_removes_what_the_matrix_does_not_use(
    client: docker.DockerClient, matrix: Path, screen: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = uuid.uuid4().hex
    made(client, {LABEL: fingerprint, "tfmatrix.environment": "of-a-test"}, f"{REPOSITORY}:{fingerprint}")
    used = tags_of(load_matrix(matrix))[0]
    made(client, {LABEL: used.partition(":")[2], "tfmatrix.environment": FIRST}, used)
    mine = {f"{REPOSITORY}:{fingerprint}", used}
    # The engine is shared: the command sees nothing but the images of this test.
    monkeypatch.setattr("runner.engines.docker.images.kept", lambda client: tuple(one for one in kept(client) if one.tag in mine))
    monkeypatch.setattr("runner.engines.docker.leftovers.leftovers", lambda client: ())
    assert imaging.images((), matrix=matrix, list_=False, prune=True, console=screen) == 0
    text = said(screen)
    assert f"of-a-test: {REPOSITORY}:{fingerprint} removed" in text
    assert "freed; 1 image of" in text
    assert {image.tag for image in kept(client)} & mine == {used}


def test_an_image_in_use_is_told_and_stays(client: docker.DockerClient, screen: Console) -> None:
    fingerprint = uuid.uuid4().hex
    tag = f"{REPOSITORY}:{fingerprint}"
    made(client, {LABEL: fingerprint, "tfmatrix.environment": "of-a-test"}, tag)
    container = client.containers.create(tag, ["sleep", "60"], network_mode="none")
    try:
        assert imaging.remove_images(client, [image for image in kept(client) if image.tag == tag], screen)[0] == 1
        assert f"{tag} cannot be removed" in said(screen)
    finally:
        container.remove(force=True)
        client.images.remove(tag)


def test_a_stage_left_over_is_removed_when_no_build_can_need_it(client: docker.DockerClient, screen: Console) -> None:
    stage = made(client, {STAGE: uuid.uuid4().hex})
    assert stage not in {leftover.id for leftover in leftovers(client)}, "it is young: its build may be under way"
    old = [leftover for leftover in leftovers(client, older_s=-60) if leftover.id == stage]
    assert [leftover.what for leftover in old] == ["build stage"]
    imaging.remove_leftovers(client, old, screen)
    assert "1 left-over build stage removed" in said(screen)
    assert stage not in {leftover.id for leftover in leftovers(client, older_s=-60)}


def test_a_session_is_removed_only_by_who_can_know_that_it_ended(client: docker.DockerClient, tmp_path: Path) -> None:
    here = f"{platform.node()}:{(tmp_path / 'docker' / 'sessions').resolve()}"
    name = f"tfmatrix-test-{uuid.uuid4().hex[:8]}"
    theirs = client.volumes.create(f"{name}-theirs", labels={SESSION: f"{name}-theirs", HOST: f"{here}-of-another-cache"})
    client.volumes.create(f"{name}-ours", labels={SESSION: f"{name}-ours", HOST: here})
    engine = DockerEngine(locks=LOCKS, cache=tmp_path)
    try:
        assert engine.tidy() == 1
        left = {volume.name for volume in client.volumes.list(filters={"name": name})}
        assert left == {f"{name}-theirs"}
    finally:
        theirs.remove()
        engine.close()
