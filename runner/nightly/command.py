"""The command `nightly`: the steps of a night in their order, each of which can be killed and started again.

A night goes on where it stopped: what is new was asked once, outcomes are taken over as in any run, and what was told is not told
again. Only a kill between a message and its note on the disk sends the message twice.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console

from runner import baselines
from runner.compare import Comparison, compare
from runner.errors import RunnerError, UsageError
from runner.judge import UNEXPECTED, judge
from runner.keeping import prune
from runner.model import Run
from runner.nightly import webhook
from runner.nightly.holder import held
from runner.nightly.news import message, news_of, worse
from runner.nightly.nights import Night, begin, forget, nights, unfinished
from runner.nightly.preparing import prepare
from runner.nightly.summary import summary
from runner.options import front
from runner.plan import make_plan
from runner.report_files import leave_page
from runner.reports import compared_markdown, markdown
from runner.running import MakeEngine, engine_of, run_plan
from runner.selection import profile_of, select
from runner.spec import load_matrix
from runner.step_summary import append_summary
from runner.store import RunStore

PLACE = "nightly"
PROFILE = "nightly"
STEPS = ("all", "prepare", "finish")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a night is asked to be: `keep` is how many nights stay, `address` the webhook's ("" for none), `run` that of `finish`."""

    matrix: Path
    reports: Path
    profile: str | None = None
    engine: str = "auto"
    jobs: int | None = None
    fresh: bool = False
    keep: int = 30
    address: str = ""
    run: str | None = None
    command: tuple[str, ...] = ()


def nightly(step: str, wish: Wish, console: Console, *, engine: MakeEngine | None = None) -> int:
    """Do a night, or one step of it, and return the exit code: 1 when it got worse, 4 when its result is not whole, else 0.

    Raises Busy when another one is at work on the same reports, UsageError for wrong options before anything is done.
    """
    if step not in STEPS:
        raise UsageError(f"nightly {step}: choose one of {', '.join(STEPS)}, or nothing for all")
    if wish.address:
        webhook.checked(wish.address)
    store = RunStore(wish.reports)
    root = store.reports / PLACE
    with held(store.reports / f"{PLACE}.lock"):
        night = _begun(wish, root, console, new=step != "finish")
        if step == "prepare":
            # For scripts: the matrix file of the night is what this step makes.
            sys.stdout.write(f"{night.matrix}\n")
            return 0
        if step == "finish":
            night = night.with_(run=store.find(wish.run).header.run)
        elif night.run is None:
            night = night.with_(run=_run(night, wish, store, engine or partial(engine_of, wish.engine), console).header.run)
        return _finish(night, wish, store, console)


def _begun(wish: Wish, root: Path, console: Console, *, new: bool) -> Night:
    """Return the night that was begun and did not end, or a new one."""
    now = datetime.now(UTC)
    night = unfinished(root, now)
    if night is None and not new:
        raise UsageError(f"nightly finish: there is no night in {root} that was prepared and has not ended; `nightly prepare` begins one")
    if night is not None:
        _say(console, f"night {night.name} goes on")
    else:
        spec = load_matrix(wish.matrix)
        names = [profile.name for profile in spec.profiles]
        profile = profile_of(spec, wish.profile or (PROFILE if PROFILE in names else None)).name
        night = begin(root, lambda place: prepare(spec, profile, place, now), now)
        _say(console, f"night {night.name} begins")
    for note in night.notes:
        _say(console, f"  {note}")
    return night


def _run(night: Night, wish: Wish, store: RunStore, engine: MakeEngine, console: Console) -> Run:
    plan = make_plan(select(load_matrix(night.matrix), profile=night.profile))
    return run_plan(plan, engine, store, console, jobs=wish.jobs, fresh=wish.fresh, command=wish.command)[0]


def _finish(night: Night, wish: Wish, store: RunStore, console: Console) -> int:
    """Compare, write the reports, tell the webhook, let old nights go. The result is on the disk before anything of this."""
    assert night.run is not None
    run = store.read(night.run)
    base = _base(night, store)
    comparison = compare(base, run) if base is not None else None
    judgement = judge(run, baselines.kept(run))
    news = news_of(comparison, judgement, judge(base, baselines.kept(base)) if base is not None else None)
    night = night.with_(base=base.header.run if base is not None else None)
    text = summary(night, run, base, comparison, news=news, judgement=judgement)
    _write(night.path / "summary.md", text)
    _write(night.path / "report.md", markdown.render(run, command=front(), judgement=judgement))
    if base is not None and comparison is not None:
        _write(night.path / "comparison.md", compared_markdown.render(base, run, comparison, form="full"))
    append_summary(lambda: text)
    leave_page(run, store, command=front(), judgement=judgement)
    for line in text.splitlines():
        _say(console, line)
    night = _tell(night, wish, news, console)
    night = night.with_(done=True)
    _let_go(root=night.path.parent, wish=wish, store=store, console=console)
    return _code(judgement.exit_code, comparison)


def _code(judged: int, comparison: Comparison | None) -> int:
    return UNEXPECTED if judged == 0 and worse(comparison) else judged


def _base(night: Night, store: RunStore) -> Run | None:
    """Return the run of the newest night before this one that ended and whose run can still be read."""
    for earlier in reversed(nights(night.path.parent)):
        if earlier.done and earlier.run is not None and earlier.name < night.name and earlier.profile == night.profile:
            try:
                return store.read(earlier.run)
            except RunnerError:
                continue
    return None


def _tell(night: Night, wish: Wish, news: tuple[str, ...], console: Console) -> Night:
    """Call the webhook where there is news; what goes wrong there is told here, and loses nothing."""
    if night.told or not news:
        return night
    if not wish.address:
        _say(console, "there is news, and no webhook to tell it to (--webhook, TFMATRIX_WEBHOOK)")
        return night
    problem = webhook.post(wish.address, message(night.name, news, night.notes))
    if problem:
        _say(console, f"the webhook could not be told: {problem}. The summary is in {night.path / 'summary.md'}")
        return night
    _say(console, "the webhook was told")
    return night.with_(told=True)


def _let_go(*, root: Path, wish: Wish, store: RunStore, console: Console) -> None:
    """Remove the runs of nights beyond those that stay; other runs below the same directory are left alone."""
    mine = {night.run for night in nights(root) if night.run is not None}
    pruned = prune(store, keep=wish.keep, days=None, archive=True, among=mine)
    removed = forget(root, frozenset(store.ids()))
    if pruned.runs or removed:
        _say(console, f"{len(pruned.runs)} old runs and {removed} nights were removed; their cells are kept as Parquet")


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
