"""Keep a model from drawing random numbers in training, so that a step of it can be compared: its layers of chance drop nothing meanwhile.

Everything else is as in any training: what BatchNormalization does, what a step of the user's own computes, which optimizer moves what.
"""

import contextlib
import re
from typing import Any, Iterator

from agent import state

# By the names of classes, also of those that a class comes from: recurrent cells get their masks from such a one.
OF_CHANCE = re.compile("Drop(out|Path|Block)|StochasticDepth|GaussianNoise|Attention")
RATES = ("rate", "stddev", "dropout", "recurrent_dropout", "drop_rate", "drop_prob")


@contextlib.contextmanager
def still(model: Any, wanted: bool = True) -> Iterator[None]:
    """Set the rates of a model's layers of chance to nought for as long as this lasts; nothing where it is not `wanted`."""
    held = []
    for layer in state.every_layer(model) if wanted else ():
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
    """Forget the traced training step: it has the rates in it as they were."""
    if held and getattr(model, "train_function", None) is not None:
        model.train_function = None
