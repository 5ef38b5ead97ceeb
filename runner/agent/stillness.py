"""Keep a model from drawing random numbers in training, so that a step of it can be compared: its layers of chance drop nothing meanwhile.

Everything else is as in any training: what BatchNormalization does, what a step of the user's own computes, which optimizer moves what.
"""

import contextlib
import re
from typing import Any, Dict, Iterator, Optional

from agent import asking, state
from agent.fixture import NEXT_STEP, Fixture

# By the names of classes, also of those that a class comes from: recurrent cells get their masks from such a one.
OF_CHANCE = re.compile("Drop(out|Path|Block)|StochasticDepth|GaussianNoise|Attention")
RATES = ("rate", "stddev", "dropout", "recurrent_dropout", "drop_rate", "drop_prob")


def step(fixture: Fixture, model: Any, optimizer: Any) -> Dict[str, Optional[float]]:
    """Take the next training step with layers of chance kept still. Returns what it told of loss and metrics."""
    state.reset(model)
    with still(model):
        return fixture.train(model, optimizer, NEXT_STEP)


def draws(fixture: Fixture, model: Any) -> bool:
    """Say whether a model draws random numbers in training all the same when it is kept still."""
    answers = []
    # Generators go on from one call to the other: put back, they would draw the same again.
    with still(model), state.kept(state.generators(model)):
        for _ in range(2):
            state.reset(model)
            with state.kept(fixture.holding(model)):
                try:
                    answers.append(asking.in_training(fixture, model))
                except Exception:
                    # Its own step may know how to call it.
                    return False
    return not asking.alike(*answers)


@contextlib.contextmanager
def still(model: Any) -> Iterator[None]:
    """Set the rates of a model's layers of chance to nought for as long as this lasts."""
    held = []
    for layer in state.every_layer(model):
        if any(OF_CHANCE.search(kind.__name__) for kind in type(layer).__mro__):
            rates = [(name, vars(layer)[name]) for name in RATES if isinstance(vars(layer).get(name), (int, float))]
            held += [(layer, name, value) for name, value in rates]
    for layer, name, _ in held:
        setattr(layer, name, 0.0)
    _trace_anew(model, held)
    try:
        yield
    finally:
        for layer, name, value in held:
            setattr(layer, name, value)
        _trace_anew(model, held)


def _trace_anew(model: Any, held: Any) -> None:
    """Forget the traced training step: it has the rates in it as they were. 2.1 keeps it somewhere else than all others."""
    if held and getattr(model, "train_function", None) is not None:
        model.train_function = None
    if held and getattr(model, "_distributed_function_cache", None):
        model._distributed_function_cache.clear()
