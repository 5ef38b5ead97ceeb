"""The board and the policy, for any plan and any outcomes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.classify import blank
from runner.model import Cell, Outcome, Reason, Stage, Status
from runner.plan import make_plan
from runner.schedule import GOOD, MANY, AgentView, Assign, Board, Place, Retire, Start, Urgency, Work, decide
from tests.unit.plans import fixture, selection

STATUSES = [Status.PASSED, Status.PASSED, Status.DEGRADED, Status.FAILED, Status.ERRORED, Status.UNSUPPORTED]
REASON = {
    Status.FAILED: Reason.LOAD_RAISED,
    Status.ERRORED: Reason.FLAKY,
    Status.DEGRADED: Reason.OPTIMIZER_LOST,
    Status.UNSUPPORTED: Reason.NEED_UNMET,
}
NAMES = ("a", "b", "c")


@given(pairs=st.sets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), min_size=1), data=st.data())
def test_every_cell_gets_one_outcome_and_is_blocked_only_by_what_did_not_pass(pairs: set[tuple[str, str]], data: st.DataObject) -> None:
    plan = make_plan(selection(NAMES, pairs=tuple(sorted(pairs)), fixtures=(fixture(), fixture("other", formats=("h5",)))))
    cells = {cell.id: cell for cell in plan.cells}
    board = Board(plan.cells, isolation={})
    outcomes: dict[str, Outcome] = {}
    ran: set[str] = set()

    def settle(cell_id: str) -> None:
        status = data.draw(st.sampled_from(STATUSES))
        ran.add(cell_id)
        outcome = blank(cells[cell_id], status, REASON.get(status))
        for each in [outcome, *board.settle(outcome)]:
            assert each.id not in outcomes
            outcomes[each.id] = each

    for build in data.draw(st.permutations([cell for cell in plan.cells if cell.stage is Stage.BUILD])):
        settle(build.id)
    while work := board.work(NAMES):
        task = board.take(data.draw(st.sampled_from([item.place for item in work])))
        assert task is not None
        assert all(outcomes[needed.id].status in GOOD for needed in task.cell.needs)
        settle(task.cell.id)
    assert set(outcomes) == set(cells)
    assert board.unsettled == 0
    for cell_id, outcome in outcomes.items():
        bad = [needed.id for needed in cells[cell_id].needs if outcomes[needed.id].status not in GOOD]
        assert (cell_id not in ran) == bool(bad)
        if bad:
            assert outcome.status is (Status.UNSUPPORTED if outcomes[bad[0]].status is Status.UNSUPPORTED else Status.BLOCKED)
            assert outcome.blocked_by == (bad[0] if outcome.status is Status.BLOCKED else None)
            assert outcome.status is not Status.UNSUPPORTED or outcome.notes["unsupported_by"] == bad[0]


places = st.builds(Place, st.sampled_from(NAMES), st.sampled_from(["fork", "process"]))


@given(
    counts=st.dictionaries(places, st.tuples(st.sampled_from(Urgency), st.integers(1, 100)), min_size=1),
    slots=st.integers(1, 4),
    more=st.integers(0, 4),
    started=st.lists(places, max_size=8),
)
def test_the_policy_keeps_its_limits_and_always_gets_on(
    counts: dict[Place, tuple[Urgency, int]], slots: int, more: int, started: list[Place]
) -> None:
    room = slots + more
    agents = {number: AgentView(number, place, "idle") for number, place in enumerate(started[:room])}
    work = {place: Work(place, urgency, count) for place, (urgency, count) in counts.items()}
    for _ in range(3000):
        decision = decide(list(work.values()), list(agents.values()), slots=slots, room=room)
        match decision:
            case Start(place):
                number = max(agents, default=0) + 1
                agents[number] = AgentView(number, place, "starting")
            case Assign(agent, place):
                assert agents[agent] == AgentView(agent, place, "idle")
                agents[agent] = AgentView(agent, place, "busy")
                left = work.pop(place)
                if left.count > 1:
                    work[place] = Work(place, left.urgency, left.count - 1)
            case Retire(agent):
                assert agents[agent].place not in work
                del agents[agent]
            case None:
                active = [agent for agent in agents.values() if agent.state != "idle"]
                if not active:
                    assert not work
                    return
                agents[active[0].number] = AgentView(active[0].number, active[0].place, "idle")
        assert sum(agent.state != "idle" for agent in agents.values()) <= slots
        assert len(agents) <= room
    raise AssertionError("the work is never done")


def test_saves_come_first_and_idle_agents_before_new_ones() -> None:
    a, b = Place("a", "fork"), Place("b", "fork")
    idle = [AgentView(1, a, "idle")]
    assert decide([Work(a, Urgency.LOAD, 5), Work(b, Urgency.SAVE, 1)], idle, slots=2, room=2) == Start(b)
    assert decide([Work(a, Urgency.SAVE, 5), Work(b, Urgency.SAVE, 1)], idle, slots=2, room=2) == Assign(1, a)
    assert decide([Work(b, Urgency.LOAD, 5)], idle, slots=1, room=1) == Retire(1)


def test_a_second_agent_in_an_environment_needs_much_work() -> None:
    a = Place("a", "fork")
    busy = [AgentView(1, a, "busy")]
    assert decide([Work(a, Urgency.LOAD, MANY - 1)], busy, slots=2, room=2) is None
    assert decide([Work(a, Urgency.LOAD, MANY)], busy, slots=2, room=2) == Start(a)


def test_what_a_failed_save_with_a_fault_left_is_loaded_all_the_same() -> None:
    save = Cell(stage=Stage.SAVE, environment="a", fixture="full", format="h5", fault="disk_full")
    load = Cell(stage=Stage.LOAD, environment="a", producer="a", fixture="full", format="h5", loader="load-model", fault="disk_full")
    for notes, runs in (({"fault": {"kind": "disk_full", "left": {}}}, True), ({"fault": {"kind": "disk_full"}}, False), ({}, False)):
        board = Board([save.needs[0], save, load], isolation={})
        board.settle(blank(save.needs[0], Status.PASSED, None))
        blocked = board.settle(blank(save, Status.FAILED, Reason.ARTIFACT_INCOMPLETE, notes=notes))
        assert [outcome.id for outcome in blocked] == ([] if runs else [load.id])
        assert not runs or board.work({"a"})
