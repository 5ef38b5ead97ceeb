"""How much of what a model answers, and of its next step, is a matter of rounding: measured by weights that are other in their last place.

A difference that is as small as this says nothing of a load: the same model gives it when it runs as a graph or in another version. Most
models have far less of it than is tolerated anyway. Some have more: variances as differences of large numbers, very deep ones; and
biases whose gradient is nought but for rounding, as those of keys in attention, which Adam moves all the same.
"""

from typing import Any, Dict, List, Tuple

from agent import awkward, optimizers, state
from agent.arrays import each
from agent.fixture import NEXT_STEP, Fixture
from agent.nearness import distance
from agent.report import message_of

# How many times what was measured is tolerated: rounding differs from place to place.
TIMES = 8.0
# Of few values one try may move none by chance.
TRIES = 2
ALIKE = 1e-6
MOST_COLUMNS = 100
USUAL = "the usual inputs"
Held = List[Tuple[Any, Any]]
Noise = Dict[str, List[List[float]]]


def of_outputs(fixture: Fixture, model: Any, found: Dict[str, Any]) -> Noise:
    """Return by how much each recorded output moves, by the name of the inputs: for each place of its last axis."""
    inputs = [(USUAL, fixture.inputs())] + [(name, given) for name, _, given in awkward.recorded(fixture, found)]
    recorded, size = found["outputs"] + found["further"], len(found["outputs"])
    noise = {}
    with state.kept(fixture.holding(model)):
        random = _disturb(model, 0)
        for index, (name, given) in enumerate(inputs):
            others = fixture.call(model, each(given, lambda value: _disturbed(value, random)))
            wanted = recorded[index * size : (index + 1) * size]
            noise[name] = [_columns(*pair) for pair in zip(wanted, others)] if len(wanted) == len(others) else []
    return noise


def allowed(noise: Noise, name: str, count: int) -> List[List[float]]:
    """Return what is tolerated for each of `count` outputs on top of the rest, for the inputs of this name.

    Of outputs that are not those it was measured of, it is that of the noisiest.
    """
    found = noise.get(name, [])
    return [[TIMES * part for part in columns] for columns in found] if len(found) == count else [[largest(noise, name)]] * count


def largest(noise: Noise, name: str = USUAL) -> float:
    """Return the most that is tolerated anywhere in the outputs for the inputs of this name."""
    return TIMES * max([part for columns in noise.get(name, []) for part in columns] + [0.0])


def held(fixture: Fixture, model: Any, optimizer: Any) -> Held:
    """Return all that a training step may change, with its values."""
    variables = fixture.holding(model) + state.generators(model) + optimizers.variables(model, optimizer)
    return [(variable, state.array(variable)) for variable in variables]


def of_step(
    fixture: Fixture, model: Any, optimizer: Any, before: Held, weights: List[Any], slots: List[Any]
) -> Tuple[List[float], List[float]]:
    """Return by how much the weights move that the next step leads to, and what it leaves in the slots; `before` is from where it is taken.

    Nothing where the step cannot be taken twice alike.
    """
    moved, altered = [0.0] * len(weights), [0.0] * len(slots)
    try:
        for attempt in range(TRIES + 1):
            for variable, value in before:
                variable.assign(value)
            state.reset(model)
            if attempt:
                _disturb(model, attempt)
            fixture.train(model, optimizer, NEXT_STEP)
            gaps = _gaps(weights, state.weights(model)["arrays"]), _gaps(slots, optimizers.read(optimizer, model)["arrays"])
            if not attempt and max(gaps[0] + gaps[1] + [0.0]) > ALIKE:
                break
            moved, altered = [max(pair) for pair in zip(moved, gaps[0])], [max(pair) for pair in zip(altered, gaps[1])]
    except Exception as error:
        print("what rounding does to its next step is not known: %s: %s" % (type(error).__name__, message_of(error)[:300]), flush=True)
    return moved, altered


def _disturb(model: Any, seed: int) -> Any:
    """Move each weight up or down in its last places. Returns where the random numbers came from."""
    import numpy

    random = numpy.random.RandomState(seed)
    for variable in state.variables(model):
        variable.assign(_disturbed(state.array(variable), random))
    return random


def _disturbed(value: Any, random: Any) -> Any:
    import numpy

    if value.dtype.kind not in "fc":
        return value
    up = random.choice([-1.0, 1.0], size=value.shape)
    return (value * (1.0 + 2.0 * numpy.finfo(value.dtype).eps * up)).astype(value.dtype)


def _columns(expected: Any, found: Any) -> List[float]:
    """Return the largest difference for each place of the last axis; of what has no such axis, or too long a one, one for all."""
    if expected.ndim < 2 or expected.shape != found.shape or expected.shape[-1] > MOST_COLUMNS:
        return _gaps([expected], [found])
    return [_gaps([expected[..., index]], [found[..., index]])[0] for index in range(expected.shape[-1])]


def _gaps(expected: List[Any], found: List[Any]) -> List[float]:
    """Return the differences; none of what cannot be told."""
    if len(expected) != len(found):
        return [0.0] * len(expected)
    gaps = [distance(one, other) for one, other in zip(expected, found)]
    return [gap if gap < float("inf") else 0.0 for gap in gaps]
