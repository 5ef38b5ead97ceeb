"""What is recorded of models whose training draws random numbers. No two trainings are alike, so it is that of the one that is saved."""

from typing import Any, Dict

from agent import expectation, optimizers, rounding, state, stillness
from agent.drawing import FIRST_WEIGHTS
from agent.fixture import NEXT_STEP, Fixture
from agent.report import message_of


def evaluate_twin(fixture: Fixture, found: Dict[str, Any]) -> None:
    """Record what loss and metrics a model of chance gives when nothing is drawn, without asking the one that is to be saved."""
    twin = fixture.build(FIRST_WEIGHTS)
    expectation.give(twin, found)
    expectation.evaluate(fixture, twin, found)


def record_steps(fixture: Fixture, model: Any, optimizer: Any, found: Dict[str, Any]) -> None:
    """Record of a model of chance that was saved, and of a twin with a fresh optimizer, the next step in two ways.

    Kept still, as far as that is possible, it is the step itself that is compared. Drawn gradients are for where it is not, perhaps only
    in what another version makes of it. Nothing of the one or the other where it cannot be taken.
    """
    for way, record in (("kept still", _record_still_step), ("with drawn gradients", _record_drawn_step)):
        try:
            with state.kept(fixture.holding(model) + state.generators(model) + optimizers.variables(model, optimizer)):
                record(fixture, model, optimizer, found)
        except Exception as error:
            print("no step %s: it raised %s: %s" % (way, type(error).__name__, message_of(error)[:300]), flush=True)


def _record_still_step(fixture: Fixture, model: Any, optimizer: Any, found: Dict[str, Any]) -> None:
    steps = []
    # Kept still for both, as each time anew the step would be traced anew.
    with stillness.still(model):
        for _ in range(2):
            with state.kept(fixture.holding(model) + optimizers.variables(model, optimizer)):
                expectation.give(model, found)
                expectation.ask(fixture, model, found)
                state.reset(model)
                before = rounding.held(fixture, model, optimizer)
                told = fixture.train(model, optimizer, NEXT_STEP)
                steps.append((state.weights(model)["arrays"], optimizers.read(optimizer, model), told))
        weights, after, told = steps[0]
        noise = rounding.of_step(fixture, model, optimizer, before, weights, after["arrays"])
    if not all(expectation.finite(value) for value in steps[0][0]):
        # What divides by its rate, for one.
        print("kept still, its next step leads to no finite numbers", flush=True)
        return
    if stillness.draws(fixture, model) or not expectation.same_arrays(steps[0][0], steps[1][0], tolerance=1e-6):
        print("its next step is a matter of chance also when its layers drop nothing", flush=True)
        return
    _, fresh = expectation.fresh_step(fixture, found, kept_still=True)
    found["fresh"] = fresh["weights"]
    expectation.note_next(found, weights, after)
    found["step_noise"], found["slot_noise"] = noise
    if not found["evaluated"]:
        found["metrics"] = told
    found["still"] = True


def _record_drawn_step(fixture: Fixture, model: Any, optimizer: Any, found: Dict[str, Any]) -> None:
    order = list(range(len(found["weights"])))
    twin = fixture.build(FIRST_WEIGHTS)
    expectation.give(twin, found)
    fixture.drawn_step(twin, fixture.optimizer(twin), order)
    fixture.drawn_step(model, optimizer, order)
    found["drawn"] = True
    found["drawn_next"], found["drawn_fresh"] = state.weights(model)["arrays"], state.weights(twin)["arrays"]
