"""What a model says besides its outputs, and that only where it says it twice alike: some draw random numbers for it."""

from typing import Any, Dict, List, Optional

from agent import state
from agent.arrays import flat, tensors
from agent.fixture import NEXT_STEP, Fixture, by_name, defines
from agent.nearness import distance, size_of
from agent.report import message_of


def alike(one: List[Any], other: List[Any], least: float = 1.0, part: float = 1e-6) -> bool:
    """Say whether two answers are the same but for rounding: for `part` of the size of each, which counts as no less than `least`."""
    return len(one) == len(other) and all(distance(*pair) <= part * max(least, size_of(pair[0])) for pair in zip(one, other))


def predictions(fixture: Fixture, model: Any) -> List[Any]:
    """Return what `predict` of a model gives whose class has one of its own, or a step for it, as a flat list of arrays; else nothing."""
    if not defines(model, "predict_step") and not defines(model, "predict"):
        return []
    try:
        with fixture.unchanged(model):
            answers = [fixture.predict(model) for _ in range(2)]
    except Exception as error:
        # Its own may take other arguments.
        print("what predict gives is left out: %s: %s" % (type(error).__name__, message_of(error)[:300]), flush=True)
        return []
    return answers[0] if alike(*answers) else []


def tested(fixture: Fixture, model: Any) -> Dict[str, float]:
    """Return the numbers that `evaluate` of a compiled model tells whose class has a step of its own for it; else nothing."""
    if getattr(model, "optimizer", None) is None or not defines(model, "test_step"):
        return {}
    inputs, targets = fixture.data(NEXT_STEP)
    asked = {"batch_size": len(flat(targets)[0]), "verbose": 0, **by_name(model.evaluate)}
    answers = []
    try:
        with fixture.unchanged(model):
            for _ in range(2):
                state.reset(model)
                answers.append(state.told(model, model.evaluate(inputs, targets, **asked)))
    except Exception as error:
        print("what its test_step tells is left out: %s: %s" % (type(error).__name__, message_of(error)[:300]), flush=True)
        return {}
    return {name: value for name, value in answers[0].items() if value is not None and told_alike(value, answers[1].get(name))}


def told_alike(one: Optional[float], other: Optional[float]) -> bool:
    """Say whether a number was told twice alike."""
    return one is not None and other is not None and abs(one - other) <= 1e-6 * max(1.0, abs(one))


def added(fixture: Fixture, model: Any) -> Optional[float]:
    """Return what a model that was just called adds to its loss; None where it cannot be told, or is a matter of chance."""
    found = state.added(model)
    if not found:
        return found
    with fixture.unchanged(model):
        fixture.call(model, fixture.inputs())
        other = state.added(model)
    return found if told_alike(found, other) else None


def in_training(fixture: Fixture, model: Any) -> List[Any]:
    """Return what a call of a model for training gives, and adds to its loss, as a flat list of arrays."""
    import numpy

    outputs = flat(model(tensors(fixture.tf, fixture.inputs()), training=True))
    return outputs + [numpy.asarray(state.added(model) or 0.0)]
