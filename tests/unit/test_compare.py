"""Every cell of two runs gets exactly one class, nothing that says nothing becomes news, and the table in docs/compare.md is the code's."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.compare import BETTER, CHANGES, STILL, WORSE, Change, Comparison, change_of, compare
from runner.errors import UsageError
from runner.model import Outcome, Reason, Run, Status
from runner.standing import STATEMENTS, Standing, standing_of
from runner.upgrade import EXISTING, OWN, compare_environments
from tests.documents import ROOT
from tests.unit.samples import build, error, full_run, load, run_of, save

OLD, MID, NEW = "tf2.12-py311", "tf2.14-py311", "tf2.16-py311"
REASONS = {
    Status.FAILED: (Reason.LOAD_RAISED, Reason.WEIGHTS_DIFFER, Reason.CRASHED),
    Status.DEGRADED: (Reason.OPTIMIZER_LOST, Reason.COMPILE_LOST),
    Status.UNSUPPORTED: (Reason.LOADER_UNSUPPORTED,),
    Status.ERRORED: (Reason.BAD_RESULT, Reason.FLAKY),
    Status.NOT_RUN: (Reason.INTERRUPTED,),
    Status.BLOCKED: (Reason.BLOCKED_BY,),
    Status.PASSED: (None,),
}
STANDINGS = [
    *(Standing(status=status, reason=reason) for status in STATEMENTS for reason in REASONS[status]),
    Standing(status=Status.FAILED, reason=Reason.WEIGHTS_DIFFER, silent=True),
    Standing(reason=Reason.BAD_RESULT),
    Standing(reason=Reason.INSTALL_FAILED, blocked=True),
    Standing(reason=Reason.FLAKY, flaky=True),
]


def one(base: Outcome, new: Outcome, *more: Outcome) -> Change:
    found = compare(run_of(base, *more), run_of(new, *more))
    return next(change.change for change in found.changes if change.cell == base.id)


def a_load(status: Status, reason: Reason | None = None, **more: Any) -> Outcome:
    return load((OLD, NEW), "sequential", "h5", "load-model", status, reason, **more)


def statuses() -> list[Outcome]:
    return [a_load(status, reason) for status in Status for reason in REASONS[status]]


@pytest.mark.parametrize(("base", "new"), list(product(STANDINGS, STANDINGS)))
def test_every_pair_of_standings_has_a_class_that_the_table_allows(base: Standing, new: Standing) -> None:
    change = change_of(base, new)
    if base.flaky or new.flaky:
        assert change is Change.FLAKY
        return
    assert str(change) in table()[str(base.status or "no statement"), str(new.status or "no statement")]


def table() -> dict[tuple[str, str], set[str]]:
    """Return the table of docs/compare.md."""
    text = (ROOT / "docs" / "compare.md").read_text("utf-8").partition("| base \\ new")
    lines = [line.strip("|").split("|") for line in (text[1] + text[2]).splitlines() if line.startswith("| ")]
    head = [word.strip() for word in lines[0][1:]]
    rows = [[cell.strip() for cell in line] for line in lines[2:] if len(line) == len(lines[0])]
    return {(row[0], column): set(re.findall(r"`([\w-]+)`", cell)) for row in rows for column, cell in zip(head, row[1:], strict=True)}


def test_the_table_in_the_document_has_no_class_that_never_comes() -> None:
    for (was, now), words in table().items():
        found = {
            str(change_of(base, new))
            for base, new in product(STANDINGS, STANDINGS)
            if not base.flaky and not new.flaky and (str(base.status or "no statement"), str(new.status or "no statement")) == (was, now)
        }
        assert found == words


def test_every_class_is_explained_and_the_groups_do_not_overlap() -> None:
    assert set(CHANGES) == set(Change)
    assert len({*WORSE, *BETTER, *STILL}) == len(WORSE) + len(BETTER) + len(STILL)
    text = (ROOT / "docs" / "compare.md").read_text("utf-8")
    assert all(f"`{change}`" in text for change in Change)


outcomes = st.dictionaries(
    st.sampled_from([(p, c, f) for p in (OLD, MID, NEW) for c in (OLD, MID, NEW) for f in ("a", "b")]),
    st.tuples(st.sampled_from(list(Status)), st.integers(0, 2), st.booleans()),
    max_size=12,
)


def a_run(cells: dict[Any, Any], *, finished: bool) -> Run:
    found: list[Outcome] = []
    for (producer, consumer, fixture), (status, number, raised) in cells.items():
        reason = REASONS[status][number % len(REASONS[status])]
        blocked = f"save/{producer}/{fixture}/h5" if status is Status.BLOCKED else None
        more = {"error": error()} if raised and status is Status.FAILED else {}
        found.append(load((producer, consumer), fixture, "h5", "load-model", status, reason, blocked_by=blocked, **more))
        if number:
            found.append(save(producer, fixture, "h5", Status.FAILED if number == 1 else Status.ERRORED, Reason.SAVE_RAISED))
    return run_of(*found, environments=(OLD, MID, NEW), footer=finished)


@settings(max_examples=200, deadline=None)
@given(outcomes, outcomes, st.booleans(), st.booleans())
def test_every_cell_of_both_runs_is_in_exactly_one_class(first: Any, second: Any, one_: bool, other: bool) -> None:
    base, new = a_run(first, finished=one_), a_run(second, finished=other)
    found = compare(base, new)
    assert [change.cell for change in found.changes] == sorted({*base.outcomes, *new.outcomes})
    assert sum(found.counts.values()) == len(found.changes)
    for change in found.changes:
        assert (change.base, change.new) == (base.outcomes.get(change.cell), new.outcomes.get(change.cell))
        if change.change in (*WORSE, *BETTER):
            assert change.was is not None
            assert change.now is not None
            assert change.was.status is not None
            assert change.now.status is not None


@settings(max_examples=100, deadline=None)
@given(outcomes, st.booleans())
def test_a_run_against_itself_brings_no_news(cells: Any, finished: bool) -> None:
    run = a_run(cells, finished=finished)
    assert not compare(run, run).of(*WORSE, *BETTER, Change.NEW, Change.GONE, Change.MEASURED_OTHERWISE)


@settings(max_examples=100, deadline=None)
@given(outcomes, outcomes)
def test_what_is_worse_one_way_is_better_the_other_unless_it_fell_silent(first: Any, second: Any) -> None:
    base, new = a_run(first, finished=True), a_run(second, finished=True)
    back = {change.cell: change for change in compare(new, base).changes}
    for change in compare(base, new).of(*WORSE):
        assert change.was is not None
        fell_silent = change.was.status is Status.FAILED and change.change is Change.REGRESSED
        assert fell_silent or back[change.cell].change in BETTER


@pytest.mark.parametrize("other", statuses())
@pytest.mark.parametrize("nothing", [a_load(Status.ERRORED, Reason.BAD_RESULT), a_load(Status.NOT_RUN, Reason.INTERRUPTED)])
def test_what_says_nothing_is_neither_a_regression_nor_a_fix(nothing: Outcome, other: Outcome) -> None:
    expected = Change.FLAKY if other.reason is Reason.FLAKY else Change.NOT_COMPARABLE
    assert one(nothing, other) is expected
    assert one(other, nothing) is expected


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (Status.FAILED, Reason.SAVE_RAISED, Change.REGRESSED),
        (Status.UNSUPPORTED, Reason.FORMAT_UNSUPPORTED, Change.FEATURE_GONE),
        (Status.ERRORED, Reason.DISK_FULL, Change.NOT_COMPARABLE),
        (Status.NOT_RUN, Reason.INTERRUPTED, Change.NOT_COMPARABLE),
        (Status.PASSED, None, Change.NOT_COMPARABLE),
    ],
)
def test_a_blocked_load_counts_as_what_blocked_it(status: Status, reason: Reason | None, expected: Change) -> None:
    saved = save(OLD, "sequential", "h5", status, reason)
    blocked = a_load(Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=saved.id)
    assert one(a_load(Status.PASSED), blocked, saved) is expected


def test_a_cell_with_a_fault_that_fails_without_it_says_nothing_of_the_fault() -> None:
    sound = a_load(Status.FAILED, Reason.LOAD_RAISED)
    faulty = a_load(Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=sound.id).model_copy(update={"id": "load/f", "fault": "truncated"})
    assert standing_of(faulty, {sound.id: sound, faulty.id: faulty}).status is None


def test_a_failure_that_falls_silent_is_a_regression() -> None:
    loud = a_load(Status.FAILED, Reason.LOAD_RAISED, error=error())
    silent = a_load(Status.FAILED, Reason.WEIGHTS_DIFFER)
    assert one(loud, silent) is Change.REGRESSED
    assert one(silent, loud) is Change.FAILING_OTHERWISE


def test_a_cell_that_an_interrupted_run_lacks_may_only_not_have_been_reached() -> None:
    whole, killed = run_of(a_load(Status.PASSED)), run_of(footer=False)
    (change,) = compare(whole, killed).changes
    assert (change.change, "interrupted" in change.why) == (Change.NOT_COMPARABLE, True)
    assert compare(whole, run_of()).counts[Change.GONE] == 1
    elsewhere = run_of(environments=(OLD,), footer=False)
    assert compare(whole, elsewhere).counts[Change.GONE] == 1


def inputs(run: Run, **more: Any) -> Run:
    given = {"agent": "a", "limits": "l", "tolerances": "t", "fixtures": {"sequential": "s"}}
    return replace(run, header=run.header.model_copy(update={"inputs": given | more}))


@pytest.mark.parametrize(
    ("more", "word"),
    [({"tolerances": "u"}, "tolerances"), ({"fixtures": {"sequential": "other"}}, "fixture sequential"), ({"agent": "b"}, "agent")],
)
def test_what_was_measured_otherwise_is_no_regression_of_tensorflow(more: dict[str, Any], word: str) -> None:
    base, new = run_of(a_load(Status.PASSED, key="1")), run_of(a_load(Status.FAILED, Reason.LOAD_RAISED, key="2"))
    (change,) = compare(inputs(base), inputs(new)).changes
    assert (change.change, change.altered) == (Change.REGRESSED, ())
    (change,) = compare(inputs(base), inputs(new, **more)).changes
    assert (change.change, change.verdict) == (Change.MEASURED_OTHERWISE, Change.REGRESSED)
    assert word in " ".join(change.altered)


def test_a_run_that_does_not_say_what_it_measured_is_judged_by_its_keys() -> None:
    base, new = run_of(a_load(Status.PASSED, key="1")), run_of(a_load(Status.FAILED, Reason.LOAD_RAISED, key="2"))
    (change,) = compare(base, new).changes
    assert change.change is Change.MEASURED_OTHERWISE
    (change,) = compare(base, run_of(a_load(Status.FAILED, Reason.LOAD_RAISED, key="1"))).changes
    assert change.change is Change.REGRESSED


def test_an_environment_of_other_packages_is_named_and_its_regressions_stand() -> None:
    def made(keras: str, status: Status, reason: Reason | None = None) -> Run:
        facts = {"facts": {"python": "3.11.9", "packages": {"keras": keras, "numpy": "1.26"}}}
        run = run_of(build(NEW, notes=facts), a_load(status, reason, key=keras))
        environments = {**run.header.environments, NEW: {**run.header.environments[NEW], "fingerprint": keras}}
        return inputs(replace(run, header=run.header.model_copy(update={"environments": environments})))

    found = compare(made("3.1.0", Status.PASSED), made("3.1.1", Status.FAILED, Reason.LOAD_RAISED))
    assert found.environments_altered == ((NEW, "keras 3.1.0 -> 3.1.1"),)
    (change,) = found.of(Change.REGRESSED)
    assert change.altered == (f"{NEW}: keras 3.1.0 -> 3.1.1",)


def test_environments_that_came_and_went() -> None:
    found = compare(run_of(build(OLD), environments=(OLD,)), run_of(build(NEW), environments=(NEW,)))
    assert (found.environments_new, found.environments_gone) == ((NEW,), (OLD,))
    assert (found.counts[Change.NEW], found.counts[Change.GONE]) == (1, 1)


def test_the_canary_is_not_compared() -> None:
    sick = a_load(Status.PASSED, canary="broken")
    found = compare(run_of(a_load(Status.FAILED, Reason.WEIGHTS_DIFFER, canary="broken")), run_of(sick))
    assert found.changes == ()


def upgrade(run: Run) -> Comparison:
    return compare_environments(run, OLD, run, NEW)


def test_an_upgrade_asks_for_existing_files_and_for_files_of_its_own() -> None:
    run = run_of(
        *(build(name) for name in (OLD, MID, NEW)),
        *(save(name, "sequential", "h5") for name in (OLD, MID, NEW)),
        load((OLD, OLD), "sequential", "h5", "load-model"),
        load((OLD, NEW), "sequential", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED),
        load((NEW, NEW), "sequential", "h5", "load-model", Status.DEGRADED, Reason.COMPILE_LOST),
        load((MID, OLD), "sequential", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED),
        load((MID, NEW), "sequential", "h5", "load-model"),
        load((NEW, OLD), "sequential", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED),
    )
    found = {(change.cell, change.about, change.base.id if change.base else None): change.change for change in upgrade(run).changes}
    own = f"load/{OLD}/{OLD}/sequential/h5/load-model"
    assert found == {
        (f"build/{NEW}", OWN, f"build/{OLD}"): Change.STILL_PASSING,
        (f"save/{NEW}/sequential/h5", OWN, f"save/{OLD}/sequential/h5"): Change.STILL_PASSING,
        (f"load/{OLD}/{NEW}/sequential/h5/load-model", EXISTING, own): Change.REGRESSED,
        (f"load/{NEW}/{NEW}/sequential/h5/load-model", OWN, own): Change.PARTLY_REGRESSED,
        (f"load/{MID}/{NEW}/sequential/h5/load-model", EXISTING, f"load/{MID}/{OLD}/sequential/h5/load-model"): Change.FIXED,
    }


def test_what_only_one_of_two_environments_has_is_gone_or_new() -> None:
    run = run_of(save(OLD, "a", "h5"), save(NEW, "b", "h5"), build(OLD), build(NEW))
    counts = upgrade(run).counts
    assert (counts[Change.GONE], counts[Change.NEW], counts[Change.STILL_PASSING]) == (1, 1, 1)


def test_every_cell_of_the_new_environment_is_in_exactly_one_class() -> None:
    run = full_run()
    found = compare_environments(run, "tf2.14-py311", run, NEW)
    mine = [change.cell for change in found.changes if change.new]
    assert sorted(mine) == sorted(id_ for id_, outcome in run.outcomes.items() if outcome.environment == NEW)
    assert found.new.planned == len(mine)


def test_the_same_environment_of_two_runs_can_be_compared() -> None:
    base, new = full_run(), full_run()
    new = replace(new, header=new.header.model_copy(update={"run": "another"}))
    assert not compare_environments(base, NEW, new, NEW).of(*WORSE, *BETTER, Change.NEW, Change.GONE)


@pytest.mark.parametrize(("old", "fresh", "word"), [("tf2.16-py31", OLD, "tf2.16-py311"), (OLD, OLD, "itself")])
def test_an_environment_that_is_not_there_is_told(old: str, fresh: str, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        compare_environments(full_run(), old, full_run(), fresh)
