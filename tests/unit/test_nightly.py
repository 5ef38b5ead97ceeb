"""Nights, with a real package index and a real webhook on this machine, and agents in memory."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from runner.errors import Busy, UsageError
from runner.locks import parse_lock
from runner.model import Environment
from runner.nightly.command import Wish, nightly
from runner.nightly.holder import held
from runner.nightly.nights import Night, nights, unfinished
from runner.nightly.webhook import escaped, post
from runner.options import without
from runner.plan import Plan, make_plan
from runner.selection import select
from runner.spec import load_matrix
from runner.store import RunStore
from tests.servers import Server, serving
from tests.unit.engine_in_memory import Asked, MemoryEngine, raised
from tests.unit.test_canary import honest

ROOT = Path(__file__).parents[2]
MATRIX = """\
schema: 1
environments:
  - {tensorflow: "2.15.1", python: "3.11"}
  - {tensorflow: "2.16.2", python: "3.12"}
fixtures:
  mine: {file: models/mine.py}
tolerances:
  float32: {absolute: 1.0e-5, relative: 1.0e-5}
profiles:
  nightly:
    environments: ["tf2.1*"]
    fixtures: [mine]
    formats: {h5: [load-model], weights-h5: [load-weights]}
"""
# What is pinned to pre-releases asks the index for nothing.
QUIET = MATRIX.replace('{tensorflow: "2.15.1"', '{id: tf2.15-py311, tensorflow: "2.15.0rc1"').replace(
    '{tensorflow: "2.16.2"', '{id: tf2.16-py312, tensorflow: "2.16.0rc1"'
)
LOAD = "load/tf2.15-py311/tf2.16-py312/mine/h5/load-model"


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        server.offer("tensorflow-cpu", "2.15.1", "2.16.2")
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"{server.address}/simple")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


@pytest.fixture
def hook() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def wish(tmp_path: Path, hook: Server) -> Wish:
    """Return the wish for a small matrix with locks of its own, in a directory of its own."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "models" / "mine.py").write_text("")
    (project / "images" / "locks").mkdir(parents=True)
    for name in ("tf2.15-py311", "tf2.16-py312"):
        (project / "images" / "locks" / f"{name}.txt").write_text(f"# lock of {name}\n")
    (project / "matrix.yaml").write_text(MATRIX)
    return Wish(matrix=project / "matrix.yaml", reports=tmp_path / "reports", address=f"{hook.address}/services/T0/secret", jobs=2)


@pytest.fixture
def quiet(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> Wish:
    """Return the wish for a matrix of which nothing is asked of an index."""
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    wish.matrix.write_text(QUIET)
    return wish


class Engines:
    """Makes engines in memory that share what goes wrong, and remembers the plans."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.salt: dict[str, str] = {}
        self.plans: list[Plan] = []

    def __call__(self, plan: Plan) -> MemoryEngine:
        self.plans.append(plan)

        def script(asked: Asked) -> Any:
            return raised(asked.request, "it broke") if asked.id in self.failing else honest(asked)

        return MemoryEngine(script=script, salt=self.salt)


def night(wish: Wish, engines: Engines, step: str = "all") -> tuple[int, str]:
    """Do a night, in a second of its own, and return exit code and what it printed."""
    done = RunStore(wish.reports).ids()
    while done and done[-1] >= f"{datetime.now(UTC):%Y%m%d-%H%M%S}":
        time.sleep(0.05)
    console = Console(file=io.StringIO(), width=200)
    code = nightly(step, wish, console, engine=engines)
    assert isinstance(console.file, io.StringIO)
    return code, console.file.getvalue()


def last(wish: Wish) -> Night:
    return nights(wish.reports / "nightly")[-1]


def everything(place: Path) -> dict[str, bytes]:
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def test_new_releases_and_prereleases_are_found_locked_and_run(index: Server, wish: Wish) -> None:
    index.offer("tensorflow-cpu", "2.14.9", "2.15.0", "2.15.1", "2.15.9", "2.16.2", "2.97.0", "2.97.1", "2.98.0", "2.99.0rc0", "2.99.0rc1")
    before = everything(wish.matrix.parent)
    engines = Engines()
    code, said = night(wish, engines)
    assert code == 0, said
    assert everything(wish.matrix.parent) == before, "the repository stays as it is"
    found = last(wish)
    spec = load_matrix(found.matrix)
    names = ["tf2.15-py311", "tf2.15.9-py311", "tf2.16-py312", "tf2.97-py312", "tf2.98-py312", "tf2.99.0rc1-py312"]
    assert [environment.id for environment in spec.environments] == names
    assert list(engines.plans[0].environments) == names
    run = RunStore(wish.reports).latest()
    assert run.header.run == found.run
    assert f"load/{names[0]}/{names[-1]}/mine/h5/load-model" in run.outcomes
    for text in ("tensorflow-cpu 2.15.9 is new", "tensorflow-cpu 2.97.1 is new", "tensorflow-cpu 2.99.0rc1 is a pre-release"):
        assert any(text in note for note in run.header.notes), run.header.notes
        assert text.replace("-", r"-") in (found.path / "summary.md").read_text().replace("\\", "")
    lock = found.path / "images" / "locks" / "tf2.97-py312.txt"
    assert parse_lock(lock, lock.read_text()).pins == {"tensorflow-cpu": "2.97.1"}
    assert "--hash=sha256:" in lock.read_text()
    assert spec.fixtures[-1].file.resolve() == (wish.matrix.parent / "models" / "mine.py").resolve()
    assert dict(spec.tolerances)["float32"].absolute == 1e-5
    assert select(spec, profile="nightly").spec.locks == found.path.resolve() / "images" / "locks"


def test_what_follows_prereleases_gets_the_lock_of_the_night(index: Server, wish: Wish) -> None:
    text = MATRIX.replace("fixtures:\n  mine", '  - {tensorflow: newest-pre, python: "3.13", as_of: today}\nfixtures:\n  mine').replace(
        '["tf2.1*"]', '["tf2.1*", tfpre-py313]'
    )
    wish.matrix.write_text(text)
    index.offer("tensorflow-cpu", "2.15.1", "2.16.2", "2.99.0rc1")
    _, said = night(wish, Engines())
    assert "tfpre-py313 is tensorflow-cpu 2.99.0rc1\n" in said
    assert list(RunStore(wish.reports).latest().header.environments) == ["tf2.15-py311", "tf2.16-py312", "tfpre-py313"]
    index.offer("tensorflow-cpu", "2.15.1", "2.16.2", "2.99.0rc1", "2.99.0")
    _, said = night(wish, Engines())
    assert "tfpre-py313 is left out: tensorflow-cpu has no newest-pre now" in said
    assert "tf2.99-py312" in said or "2.99.0 is new" in said


def test_an_index_that_does_not_answer_is_told_and_stops_nothing(index: Server, wish: Wish) -> None:
    index.served.clear()
    code, said = night(wish, Engines())
    assert (code, "new releases of tensorflow-cpu could not be asked for" in said) == (0, True), said
    assert RunStore(wish.reports).latest().complete


def test_a_release_that_cannot_be_locked_is_told_and_shown(index: Server, wish: Wish) -> None:
    index.offer("tensorflow-cpu", "2.15.1", "2.16.2", "2.97.0")
    data = index.served["/simple/tensorflow-cpu/"][1].decode()
    for file, (kind, content) in list(index.served.items()):
        if "2.97.0" in file:
            index.served[file] = (kind, content.replace(b"Requires-Python: >=3.9", b"Requires-Dist: none-such"))
    index.served["/simple/tensorflow-cpu/"] = ("application/vnd.pypi.simple.v1+json", data.encode())
    _, said = night(wish, Engines())
    assert "tensorflow-cpu 2.97.0 is new and was added for this run, but it could not be locked" in said
    assert "tf2.97-py312" in RunStore(wish.reports).latest().header.environments


def test_only_news_is_told_and_once(quiet: Wish, hook: Server) -> None:
    engines = Engines()
    assert night(quiet, engines)[0] == 0
    assert hook.posted == [], "the first night has nothing to be compared with"
    assert "This is the first night" in (last(quiet).path / "summary.md").read_text()
    assert (quiet.reports / "runs" / str(last(quiet).run) / "report.html").is_file()
    engines.failing, engines.salt = {LOAD}, {"tf2.16-py312": "other"}
    code, said = night(quiet, engines)
    assert code == 1, said
    (told,) = hook.posted
    assert (told["path"], told["type"], set(told)) == ("/services/T0/secret", "application/json", {"path", "type", "text"})
    assert f"1 cell regressed: {LOAD}" in told["text"]
    assert last(quiet).base == nights(quiet.reports / "nightly")[0].run
    assert night(quiet, engines)[0] == 0, "what still fails is no news"
    assert len(hook.posted) == 1
    engines.failing, engines.salt = set(), {"tf2.16-py312": "third"}
    assert night(quiet, engines)[0] == 0
    assert "1 cell fixed" in hook.posted[1]["text"]
    assert len(hook.posted) == 2


def test_the_address_of_the_webhook_is_in_no_record(quiet: Wish) -> None:
    engines = Engines()
    night(quiet, engines)
    engines.failing, engines.salt = {LOAD}, {"tf2.16-py312": "other"}
    _, said = night(quiet, engines)
    assert "the webhook was told" in said
    assert "secret" not in said
    assert not [name for name, data in everything(quiet.reports).items() if b"secret" in data]
    assert without(("a", "--webhook", "x", "--keep", "3", "--webhook=y"), "--webhook") == ("a", "--keep", "3")


@pytest.mark.parametrize("way", ["answers 500", "refuses", "is silent"])
def test_a_webhook_that_fails_loses_nothing(quiet: Wish, hook: Server, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = Engines()
    night(quiet, engines)
    engines.failing, engines.salt = {LOAD}, {"tf2.16-py312": "other"}
    hook.status = 500
    if way == "refuses":
        quiet = replace(quiet, address="http://127.0.0.1:9/services/secret")
    if way == "is silent":
        import socket

        deaf = socket.create_server(("127.0.0.1", 0))
        monkeypatch.setattr("runner.nightly.webhook.SECONDS", 0.3)
        assert "did not answer" in post(f"http://127.0.0.1:{deaf.getsockname()[1]}/secret", "x", seconds=0.3)
        deaf.close()
        return
    code, said = night(quiet, engines)
    assert code == 1
    assert "the webhook could not be told" in said
    assert "secret" not in said
    found = last(quiet)
    assert (found.done, found.told) == (True, False)
    assert "1 cell regressed" in (found.path / "summary.md").read_text()
    assert (found.path / "report.md").is_file()


def test_what_is_no_address_is_refused_before_anything_is_done(wish: Wish) -> None:
    with pytest.raises(UsageError) as error:
        nightly("all", replace(wish, address="hooks.example/secret"), Console(file=io.StringIO()))
    assert "secret" not in str(error.value)
    assert not wish.reports.exists()
    with pytest.raises(UsageError, match="choose one of all, prepare, finish"):
        nightly("half", wish, Console(file=io.StringIO()))
    with pytest.raises(UsageError, match="`nightly prepare` begins one"):
        nightly("finish", wish, Console(file=io.StringIO()))


def test_the_text_is_safe_for_slack_and_not_endless() -> None:
    assert escaped("a <b> & <!channel>") == "a &lt;b&gt; &amp; &lt;!channel&gt;"
    assert len(escaped("x" * 10_000)) == 3000


def test_the_second_says_who_is_at_work(wish: Wish, tmp_path: Path) -> None:
    path = wish.reports / "nightly.lock"
    with held(path):
        with pytest.raises(Busy, match=f"process {os.getpid()} on "), held(path):
            pass
        done = subprocess.run(
            [sys.executable, "-m", "runner", "nightly", "--matrix", str(wish.matrix), "--reports", str(wish.reports)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 75, done.stderr
        assert f"process {os.getpid()}" in done.stderr
        assert "since 20" in done.stderr
        assert "Nothing was started" in done.stderr
    with held(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()


def test_a_holder_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "nightly.lock"
    script = "import sys, time\nfrom pathlib import Path\nfrom runner.nightly.holder import held\n"
    script += "with held(Path(sys.argv[1])):\n    print(1, flush=True)\n    time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", script, str(path)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(Busy, match=f"process {process.pid} on "), held(path):
            pass
        process.kill()
    with held(path):
        pass


KILLED = """
import sys, time
from pathlib import Path
from rich.console import Console
from runner.nightly.command import Wish, nightly
from tests.unit.engine_in_memory import MemoryEngine
from tests.unit.test_canary import honest

def slowly(asked):
    time.sleep(0.15)
    return honest(asked)

wish = Wish(matrix=Path(sys.argv[1]), reports=Path(sys.argv[2]), address=sys.argv[3], jobs=1)
print("begun", flush=True)
sys.exit(nightly("all", wish, Console(stderr=True), engine=lambda plan: MemoryEngine(script=slowly)))
"""


def test_a_night_that_is_killed_goes_on(quiet: Wish) -> None:
    arguments = [sys.executable, "-c", KILLED, str(quiet.matrix), str(quiet.reports), quiet.address]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    for seconds in (0.3, 1.2, 2.0, 2.6, 3.2):
        with subprocess.Popen(arguments, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(seconds)
            process.kill()
    done = subprocess.run(arguments, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = nights(quiet.reports / "nightly")
    assert found[-1].done
    run = RunStore(quiet.reports).read(str(found[-1].run))
    assert run.complete
    assert {str(outcome.status) for outcome in run.outcomes.values() if not outcome.canary} == {"passed"}
    attempts = [outcome.attempts for outcome in run.outcomes.values() if outcome.reused_from is None]
    assert all(count <= 1 for count in attempts)
    assert not list((quiet.reports / "nightly").glob(".making-*"))


def test_an_old_night_that_did_not_end_is_left(tmp_path: Path) -> None:
    now = datetime(2026, 11, 21, 3, tzinfo=UTC)
    place = tmp_path / "20261121-000000"
    place.mkdir()
    night = Night(path=place, started=now.isoformat(), profile="nightly")
    night.write()
    assert unfinished(tmp_path, now + timedelta(hours=19)) == night
    assert unfinished(tmp_path, now + timedelta(hours=21)) is None
    night.with_(done=True)
    assert unfinished(tmp_path, now) is None


def test_old_nights_go_and_other_runs_stay(quiet: Wish) -> None:
    engines = Engines()
    store = RunStore(quiet.reports)
    from runner.executor import execute

    other = execute(make_plan(select(load_matrix(quiet.matrix), profile="nightly")), MemoryEngine(), store, jobs=2, memory_mb=8000)
    for number in range(4):
        engines.salt = {"tf2.15-py311": str(number)}
        night(replace(quiet, keep=2), engines)
    kept = [found.run for found in nights(quiet.reports / "nightly")]
    assert len(kept) == 2
    assert store.ids() == (other.header.run, *kept)
    assert len(list((quiet.reports / "parquet").glob("*.parquet"))) == 2


def test_the_steps_of_more_than_one_machine(quiet: Wish, capsys: pytest.CaptureFixture[str]) -> None:
    engines = Engines()
    assert night(quiet, engines, "prepare")[0] == 0
    matrix = Path(capsys.readouterr().out.strip())
    assert matrix == last(quiet).matrix
    assert night(quiet, engines, "prepare")[0] == 0, "prepared once is prepared"
    assert len(nights(quiet.reports / "nightly")) == 1
    from runner.executor import execute

    spec = load_matrix(matrix)
    run = execute(make_plan(select(spec, profile="nightly")), MemoryEngine(script=honest), RunStore(quiet.reports), jobs=2, memory_mb=8000)
    assert night(quiet, engines, "finish")[0] == 0
    assert (last(quiet).run, last(quiet).done) == (run.header.run, True)


def test_an_environment_is_named_so_that_nothing_is_taken() -> None:
    from runner.additions import new_releases
    from runner.releases import Release

    mine = tuple(
        Environment(id=id_, tensorflow=version, python=python)
        for id_, version, python in (("tf2.21-py313", "2.21.0", "3.13"), ("tf2.18-py312", "2.18.1", "3.12"))
    )
    versions = ("2.19.0", "2.21.1", "2.22.0", "2.22.1", "2.18.0")
    found = [Release(version, "tensorflow-cpu", "", ("3.12", "3.13", "3.14")) for version in versions]
    assert [addition.environment.id for addition in new_releases(mine, mine, found)] == ["tf2.21.1-py313", "tf2.22-py313"]
    assert [addition.environment.tensorflow for addition in new_releases(mine, mine, found)] == ["2.21.1", "2.22.1"]
