"""Runs and artifacts on disk."""

from __future__ import annotations

import json
import os
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest

from runner.artifacts import ArtifactStore, snapshot, verify
from runner.errors import UsageError
from runner.model import Cell, ErrorInfo, Footer, Header, Outcome, Reason, Stage, Status
from runner.records import encode, run_schema
from runner.store import RunStore, StoreFault, new_run_id
from tests.unit import samples
from tests.unit.engine_in_memory import write_artifact

CELL = Cell(stage=Stage.BUILD, environment="a")
KEY = "0" * 32


def header(run: str) -> Header:
    return Header(
        run=run, started="now", engine="memory", profile="all", matrix="m", matrix_sha256="0", runner="0", planned=1, environments={"a": {}}
    )


def write(store: RunStore, run: str, *outcomes: Outcome, footer: bool = True) -> Path:
    with store.create(run) as writer:
        writer.append(header(run), *outcomes)
        if footer:
            writer.append(Footer(finished="then", complete=True, counts={Status.PASSED: 1}))
    return writer.path


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    outcome = samples.outcome(CELL, Status.FAILED, Reason.LOAD_RAISED, error=ErrorInfo(type="E", message=samples.HOSTILE))
    write(store, "r1", outcome)
    run = store.read("r1")
    assert run.outcomes == {CELL.id: outcome}
    assert run.complete


def test_a_torn_last_line_is_passed_over_and_the_run_is_interrupted(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    path = write(store, "r1", samples.build("a"), footer=False)
    with path.open("ab") as stream:
        stream.write(encode(samples.build("b")).encode()[:-10])
    run = store.read("r1")
    assert set(run.outcomes) == {"build/a"}
    assert not run.complete


def test_a_changed_line_is_named(tmp_path: Path) -> None:
    path = write(RunStore(tmp_path), "r1", samples.build("a"))
    path.write_text(path.read_text().replace('"passed"', '"fine"', 1))
    with pytest.raises(StoreFault, match=r"run\.jsonl:2: no record"):
        RunStore(tmp_path).read("r1")


def test_a_full_disk_is_a_clear_error_and_loses_nothing(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with store.create("r1") as writer:
        writer.append(header("r1"), samples.build("a"))
        size = writer.path.stat().st_size
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        import signal

        ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 50, hard))
        try:
            with pytest.raises(StoreFault, match="same command again") as caught:
                writer.append(samples.build("b"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        assert caught.value.exit_code == 4
        assert writer.path.stat().st_size == size
        writer.append(samples.build("c"))
    assert set(store.read("r1").outcomes) == {"build/a", "build/c"}


def test_runs_are_found_by_the_beginning_of_their_id(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with pytest.raises(UsageError, match="no runs yet"):
        store.latest()
    for run in ("20260101-000000-aaaa", "20260101-000000-abbb", "20260202-000000-cccc"):
        write(store, run)
    assert store.latest().header.run == "20260202-000000-cccc"
    assert store.find("20260202").header.run == "20260202-000000-cccc"
    assert store.find(str(tmp_path / "runs" / "20260101-000000-aaaa")).header.run == "20260101-000000-aaaa"
    with pytest.raises(UsageError, match="begins 2 runs"):
        store.find("20260101")
    with pytest.raises(UsageError, match="did you mean 20260202-000000-cccc"):
        store.find("20260202-000000-ccdc")


@pytest.mark.parametrize("text", ["garbage\n", "", '{"type":"footer"}\n', "[" * 9999, '"text"\n'])
def test_a_file_that_was_named_and_is_no_run_is_a_wrong_word_and_nothing_to_remove(text: str, tmp_path: Path) -> None:
    named = tmp_path / "named"
    named.write_text(text)
    with pytest.raises(UsageError, match="named: this is neither a run") as caught:
        RunStore(tmp_path / "reports").find(str(named))
    assert "remove" not in str(caught.value)


def test_a_run_of_ours_that_never_began_may_be_removed(tmp_path: Path) -> None:
    (tmp_path / "runs" / "r1").mkdir(parents=True)
    path = tmp_path / "runs" / "r1" / "run.jsonl"
    path.touch()
    for name in ("r1", str(path), str(path.parent)):
        with pytest.raises(StoreFault, match="remove the directory"):
            RunStore(tmp_path).find(name)


def test_a_path_that_is_not_there_and_a_name_unlike_any_are_told_as_that(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    write(store, "20260101-000000-aaaa")
    for wrong, told in (
        (str(tmp_path / "nope"), "nope: there is no such file"),
        (str(tmp_path), "no run.jsonl in this directory"),
        ("nope", "`runs list` shows"),
    ):
        with pytest.raises(UsageError, match=told) as caught:
            store.find(wrong)
        assert "20260101" not in str(caught.value)


@pytest.mark.parametrize("more", ["", '"new":1,'])
def test_a_run_of_a_newer_version_is_told_as_that(more: str, tmp_path: Path) -> None:
    path = write(RunStore(tmp_path), "r1", samples.build("a"))
    path.write_text(path.read_text().replace('"schema":1,', f'"schema":2,{more}', 1))
    with pytest.raises(StoreFault, match="written by a newer version") as caught:
        RunStore(tmp_path).read("r1")
    assert caught.value.exit_code == 2


def test_ids_sort_by_time() -> None:
    begin = datetime(2026, 1, 2, tzinfo=UTC)
    ids = [new_run_id(begin + timedelta(microseconds=after)) for after in (0, 16, 999_999, 1_000_000)]
    assert ids == sorted(set(ids))
    assert ids[0] == "20260102-000000-0000"


def test_only_one_writer_a_run_and_its_lock_tells_that_it_lives(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    with store.create("r1"):
        assert store.is_active("r1")
        with pytest.raises(FileExistsError):
            store.create("r1")
    assert not store.is_active("r1")


def test_known_outcomes_are_the_newest_that_say_something(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    write(store, "r1", samples.outcome(CELL, key=KEY, attempts=1), footer=False)
    write(store, "r2", samples.outcome(CELL, Status.ERRORED, Reason.FLAKY, key=KEY))
    assert store.known([KEY, "f" * 32, ""])[KEY][0] == "r1"
    write(store, "r3", samples.outcome(CELL, key=KEY, reused_from="r1"))
    assert store.known([KEY])[KEY][0] == "r1"
    write(store, "r4", samples.outcome(CELL, Status.FAILED, Reason.LOAD_RAISED, key=KEY))
    assert store.known([KEY])[KEY][1].status is Status.FAILED


def test_lines_are_of_the_published_schema(tmp_path: Path) -> None:
    path = write(RunStore(tmp_path), "r1", samples.outcome(CELL, Status.FAILED, Reason.LOAD_RAISED, error=ErrorInfo(type="E", message="m")))
    validator = jsonschema.Draft202012Validator(run_schema())
    for line in path.read_text().splitlines():
        validator.validate(json.loads(line))
    assert not validator.is_valid({"type": "cell", "id": "x"})


def test_the_published_schema_is_the_one_in_docs() -> None:
    docs = Path(__file__).parents[2] / "docs" / "run.schema.json"
    assert json.loads(docs.read_text()) == run_schema(), "write it anew: python -m runner schema run > docs/run.schema.json"


def test_an_artifact_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    part = store.begin()
    assert store.commit(part, KEY) != ()
    assert not part.exists()
    part = store.begin()
    write_artifact(part)
    assert store.commit(part, KEY) == ()
    assert store.holds(KEY)
    assert store.path(KEY) == tmp_path / "00" / KEY


@pytest.mark.parametrize("what", ["changed", "same size", "missing", "added", "no manifest", "bad manifest", "link"])
def test_a_tampered_artifact_is_not_valid(tmp_path: Path, what: str) -> None:
    write_artifact(tmp_path)
    assert verify(tmp_path) == ()
    model, manifest = tmp_path / "model" / "model.h5", tmp_path / "manifest.json"
    match what:
        case "changed":
            model.write_bytes(b"another model")
        case "same size":
            model.write_bytes(b"MODEL")
        case "missing":
            model.unlink()
        case "added":
            (tmp_path / "model" / "more").write_bytes(b"")
        case "no manifest":
            manifest.unlink()
        case "bad manifest":
            manifest.write_text("[")
        case "link":
            model.rename(tmp_path.parent / "elsewhere")
            model.symlink_to(tmp_path.parent / "elsewhere")
    assert verify(tmp_path) != ()


def test_a_second_writer_of_the_same_artifact_leaves_the_first_in_place(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    parts = [store.begin(), store.begin(), store.begin()]
    for part in parts:
        write_artifact(part)
    store.commit(parts[0], KEY)
    inode = store.path(KEY).stat().st_ino
    assert store.commit(parts[1], KEY) == ()
    assert store.path(KEY).stat().st_ino == inode
    assert store.commit(parts[2], KEY, replace=True) == ()
    assert store.path(KEY).stat().st_ino != inode
    assert list((tmp_path / "parts").iterdir()) == []


def test_what_dead_runners_left_is_swept(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    living = store.begin()
    dead = tmp_path / "parts" / "abc.4194304999"
    dead.mkdir()
    store.sweep()
    assert living.exists()
    assert not dead.exists()
    assert living.name.endswith(f".{os.getpid()}")


def test_a_snapshot_sees_a_change(tmp_path: Path) -> None:
    write_artifact(tmp_path)
    before = snapshot(tmp_path)
    assert snapshot(tmp_path) == before
    (tmp_path / "model" / "model.h5").write_bytes(b"other")
    assert snapshot(tmp_path) != before
