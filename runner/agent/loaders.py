"""How each loader reads an artifact, as people write it; what it returns is what the checks look at."""

import re
from typing import Any, Dict, List, Optional

from agent import formats
from agent.fixture import NEXT_STEP, OTHER_WEIGHTS, Fixture, flat, tensors
from agent.report import Report

REBUILDING = ("load-weights", "load-weights-by-name", "checkpoint-restore", "checkpoint-restore-asserted")
# The name of a class or function as messages give it: in quotes of some kind or none, behind the package it is registered with.
NAME = r"['\"`]?(?:[\w.]+>)?(\w+)"
# Messages that say which class or function was not found; each version has some of its own.
MISSING = [
    re.compile(pattern + NAME)
    for pattern in (
        r"Unknown [A-Za-z ]{1,40}:\s*",
        r"Could not (?:locate|find) \w+\s*:?\s*",
        r"Could not deserialize \w+ (?=\S{1,200} because its parent module)",
        r"Cannot deserialize object of type ",
        r"Could not interpret [a-z ]{1,40} identifier:?'?,?\s*(?:\{['\"]class_name['\"]: )?",
        r"Could not interpret serialized [A-Za-z ]{1,40}:\s*",
        r"Unable to restore (?:a layer|object|custom object) of class ",
        r"layer=(?=\w+ of type <class 'str'>)",
    )
]


class Loaded:
    """A loaded model: `model` is a Keras model or None; `call` maps inputs to a flat list of output arrays."""

    def __init__(self, model: Any = None, optimizer: Any = None, call: Any = None, variables: Optional[List[Any]] = None) -> None:
        self.model = model
        self.optimizer = optimizer
        self.call = call
        self.variables = variables
        self.function = None  # type: Any
        self.keep = None  # type: Any


def load(request: Dict[str, Any], path: str, tf: Any, fixture: Fixture, expected: Dict[str, Any], report: Report) -> Loaded:
    """Load the artifact at `path`. Raises whatever TensorFlow raises, with `missing_object` set where a custom class was not found."""
    loader = request["loader"]
    if loader in REBUILDING:
        return _rebuild_and_restore(loader, path, tf, fixture, expected, report)
    objects = fixture.custom_objects()
    report.phase("load")
    try:
        if loader in ("load-model", "load-model-nocompile"):
            arguments = {"custom_objects": objects} if objects else {}  # type: Dict[str, Any]
            if loader == "load-model-nocompile":
                arguments["compile"] = False
            model = tf.keras.models.load_model(path, **arguments)
            return Loaded(model, getattr(model, "optimizer", None), lambda inputs: fixture.call(model, inputs))
        if loader == "saved-model-load":
            # In 1.x the plain name is a graph-mode API of other arguments.
            return _saved_model(getattr(tf.saved_model, "load_v2", tf.saved_model.load)(path), tf)
        if loader == "tfsm-layer":
            endpoint = "serve" if request["format"] == "export" else "serving_default"
            layer = tf.keras.layers.TFSMLayer(path, call_endpoint=endpoint)
            return _layer(layer, endpoint, tf)
    except Exception as error:
        missing = missing_object(str(error), expected["custom_names"])
        if missing:
            error.missing_object = missing  # type: ignore[attr-defined]
        raise
    raise ValueError("unknown loader %r" % loader)


def missing_object(message: str, custom: List[str]) -> Optional[str]:
    """Return the name of the model's own class or function that the message says was not found."""
    for pattern in MISSING:
        for name in pattern.findall(message):
            if name in custom:
                return str(name)
    return None


def _rebuild_and_restore(loader: str, path: str, tf: Any, fixture: Fixture, expected: Dict[str, Any], report: Report) -> Loaded:
    """Build the model with other weights and read the saved ones into it."""
    report.phase("rebuild")
    model = fixture.build(OTHER_WEIGHTS)
    optimizer = fixture.optimizer(model) if expected["optimizer"] else None
    loaded = Loaded(model, optimizer, lambda inputs: fixture.call(model, inputs))
    if loader == "checkpoint-restore-asserted" and optimizer is not None:
        # Without slots there is nothing for their saved values to be consumed by.
        fixture.train(model, optimizer, NEXT_STEP + 1)
    report.phase("load")
    if loader == "load-weights":
        loaded.keep = model.load_weights(path)
    elif loader == "load-weights-by-name":
        loaded.keep = model.load_weights(path, by_name=True)
    else:
        checkpoint = formats.checkpoint(tf, model, optimizer)
        status = checkpoint.restore(path)
        loaded.keep = (checkpoint, status)
        if loader == "checkpoint-restore-asserted":
            status.assert_consumed()
    return loaded


def _saved_model(loaded: Any, tf: Any) -> Loaded:
    """Use a SavedModel by its serving signature alone."""
    function = dict(getattr(loaded, "signatures", {})).get("serving_default")
    found = Loaded(variables=list(getattr(loaded, "variables", None) or []) or None)
    found.keep = loaded
    found.function = function
    if function is not None:
        found.call = lambda inputs: _call_signature(function, inputs, tf)
    return found


def specifications(function: Any) -> Dict[str, Any]:
    """Return name -> TensorSpec of a signature's inputs."""
    return dict(function.structured_input_signature[1])


def assignments(names: List[str], specs: Dict[str, Any], inputs: List[Any], wanted: List[str], tf: Any) -> List[Dict[str, Any]]:
    """Return the ways to give the inputs to a signature: by equal names first, then by shape and dtype, then by order.

    Versions name a signature's arguments differently, so where names say nothing every fitting order is a candidate.
    """
    from itertools import islice, permutations

    if set(names) == set(wanted) and len(names) == len(inputs):
        by_name = dict(zip(wanted, inputs))
        return [by_name]
    fitting = []
    for order in islice(permutations(range(len(inputs))), 120):
        chosen = {name: inputs[index] for name, index in zip(names, order)}
        if all(specs[name].dtype == value.dtype and specs[name].shape.is_compatible_with(value.shape) for name, value in chosen.items()):
            fitting.append(chosen)
    return fitting


def _call_signature(function: Any, inputs: Any, tf: Any, through: Any = None) -> List[List[Any]]:
    """Return the outputs of every fitting way to give the inputs; each a flat list ordered by output name.

    `through` is called instead of the signature where something wraps it.
    """
    given = inputs["values"]
    specs = specifications(function)
    names = sorted(specs)
    if len(names) != len(given):
        raise ValueError("the signature takes %d inputs (%s), the model took %d" % (len(names), ", ".join(names), len(given)))
    values = tensors(tf, given)
    found = []
    for chosen in assignments(names, specs, values, inputs["names"], tf):
        found.append(flat((through or function)(**chosen)))
    if not found:
        raise ValueError("no order of the inputs fits the signature %s" % specs)
    return found


def _layer(layer: Any, endpoint: str, tf: Any) -> Loaded:
    """Use a SavedModel as a Keras layer; a signature of several inputs takes them by keyword only."""
    found = Loaded(variables=list(layer.weights) or None)
    found.keep = layer
    function = getattr(layer, "call_endpoint_fn", None)
    if endpoint == "serving_default" and function is not None and len(specifications(function)) > 1:
        found.call = lambda inputs: _call_signature(function, inputs, tf, through=layer)
    else:
        found.call = lambda inputs: [flat(layer(tensors(tf, inputs["whole"])))]
    return found
