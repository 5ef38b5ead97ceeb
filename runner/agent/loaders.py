"""How each loader reads an artifact, as people write it; what it returns is what the checks look at."""

import inspect
import re
import sys
from typing import Any, Dict, Iterable, List, Optional, Tuple

from agent import custom, formats, state
from agent.arrays import flat, tensors
from agent.fixture import NEXT_STEP, Fixture, has_weights
from agent.report import FixtureFault, Report

REBUILDING = ("load-weights", "load-weights-by-name", "load-weights-skip-mismatch", "checkpoint-restore", "checkpoint-restore-asserted")
# Those that owe the optimizer and how the model was compiled.
COMPILING = ("load-model", "load-model-unsafe", "legacy-load-model")
SIGNATURES = ("saved-model-load", "serving")
# What a load of the user's own may return by mistake; of objects of TensorFlow's it is a finding that they are no model.
NO_MODEL = (tuple, list, dict, str, bytes, int, float, type, type(lambda: None))


class Loaded:
    """A loaded model: `model` is a Keras model or None; `call` maps inputs to a flat list of output arrays."""

    def __init__(self, model: Any = None, optimizer: Any = None, call: Any = None, variables: Optional[List[Any]] = None) -> None:
        self.model = model
        self.optimizer = optimizer
        self.call = call
        self.variables = variables
        self.signature = None  # type: Optional[Dict[str, Any]]
        self.gives = []  # type: List[str]
        # Whether its signature takes batches of one size only.
        self.fixed_batch = False
        # Whether the fixture's own load said what optimizer there is, perhaps none.
        self.told_optimizer = False
        # What a rebuilt model held before the load.
        self.made = None  # type: Optional[List[Any]]
        self.keep = None  # type: Any


class WithLegacyKeras:
    """TensorFlow as it is, but for `keras`, which is the Keras 2 of tf-keras."""

    def __init__(self, tf: Any, keras: Any) -> None:
        self._tf = tf
        self.keras = keras

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tf, name)


def models(tf: Any) -> Tuple[type, ...]:
    """Return the classes of models: that of `tf.keras`, and that of tf-keras where somebody imported it beside Keras 3."""
    legacy = getattr(sys.modules.get("tf_keras"), "Model", None)
    return (tf.keras.Model, legacy) if legacy is not None else (tf.keras.Model,)


def tensorflow(request: Dict[str, Any], tf: Any) -> Any:
    """Return the TensorFlow that the fixture and the loader use."""
    if request["loader"] != "legacy-load-model":
        return tf
    import tf_keras

    return WithLegacyKeras(tf, tf_keras)


def load(request: Dict[str, Any], path: str, fixture: Fixture, expected: Dict[str, Any], report: Report) -> Loaded:
    """Load the artifact at `path`. Raises whatever TensorFlow raises, with `missing_object` set where a custom class was not found."""
    loader, tf = request["loader"], fixture.tf
    if loader in REBUILDING:
        return _rebuild_and_restore(request, path, fixture, expected, report)
    objects = fixture.custom_objects()
    own = fixture.own("load", fixture.rebuild, path) if loader == "own" else None
    report.phase("load")
    try:
        if own is not None:
            found = own()
            model, optimizer = found if isinstance(found, tuple) and len(found) == 2 else (found, getattr(found, "optimizer", None))
            if model is None or isinstance(model, NO_MODEL):
                told = "nothing" if found is None else "%d things" % len(found) if isinstance(found, tuple) else type(model).__name__
                raise FixtureFault("the fixture's load returned %s instead of a model, or a model and its optimizer" % told)
            loaded = Loaded(model, optimizer, lambda inputs: fixture.call(model, inputs))
            loaded.told_optimizer = isinstance(found, tuple)
            return loaded
        if loader in COMPILING or loader in ("load-model-nocompile", "model-from-json"):
            arguments = {"custom_objects": objects} if objects else {}  # type: Dict[str, Any]
            if loader == "load-model-nocompile":
                arguments["compile"] = False
            if loader == "load-model-unsafe":
                arguments["safe_mode"] = False
            if loader == "model-from-json":
                with open(formats.json_of(path), encoding="utf-8") as stream:
                    model = tf.keras.models.model_from_json(stream.read(), **arguments)
                model.load_weights(path)
            else:
                model = tf.keras.models.load_model(path, **arguments)
            return Loaded(model, getattr(model, "optimizer", None), lambda inputs: fixture.call(model, inputs))
        if loader == "serving":
            return _session(path, tf)
        if loader == "saved-model-load":
            # In 1.x the plain name is a graph-mode API of other arguments.
            return _saved_model(getattr(tf.saved_model, "load_v2", tf.saved_model.load)(path), tf)
        if loader == "tfsm-layer":
            endpoint = "serve" if request["format"] == "export" else "serving_default"
            layer = tf.keras.layers.TFSMLayer(path, call_endpoint=endpoint)
            return _layer(layer, endpoint, tf)
    except Exception as error:
        missing = custom.missing(error, expected["custom_names"])
        if missing:
            error.missing_object = missing  # type: ignore[attr-defined]
        raise
    raise ValueError("unknown loader %r" % loader)


def _rebuild_and_restore(request: Dict[str, Any], path: str, fixture: Fixture, expected: Dict[str, Any], report: Report) -> Loaded:
    """Build the model with other weights and read the saved ones into it."""
    report.phase("rebuild")
    loader, tf = request["loader"], fixture.tf
    model = fixture.rebuild()
    optimizer = fixture.optimizer(model) if expected["optimizer"] else None
    loaded = Loaded(model, optimizer, lambda inputs: fixture.call(model, inputs))
    if loader == "checkpoint-restore-asserted" and optimizer is not None:
        # Without slots there is nothing for their saved values to be consumed by.
        fixture.train(model, optimizer, NEXT_STEP + 1)
    if has_weights(model):
        loaded.made = state.weights(model)["arrays"]
    report.phase("load")
    if loader == "load-weights":
        loaded.keep = model.load_weights(path)
    elif loader == "load-weights-by-name":
        loaded.keep = model.load_weights(path, by_name=True)
    elif loader == "load-weights-skip-mismatch":
        # Keras 2 takes it for HDF5 together with by_name only.
        named = {"by_name": True} if "by_name" in inspect.signature(model.load_weights).parameters else {}
        loaded.keep = model.load_weights(path, skip_mismatch=True, **named)
    else:
        checkpoint = formats.checkpoint(tf, model, optimizer)
        status = checkpoint.restore(path)
        loaded.keep = (checkpoint, status)
        if loader == "checkpoint-restore-asserted":
            status.assert_consumed()
    return loaded


def _saved_model(loaded: Any, tf: Any) -> Loaded:
    """Use a SavedModel by its serving signature alone."""
    signatures = dict(getattr(loaded, "signatures", {}))
    function = signatures.get(served(signatures))
    found = Loaded(variables=list(getattr(loaded, "variables", None) or []) or None)
    found.keep = loaded
    if function is not None:
        found.signature = {
            "inputs": [_specification(item) for item in specifications(function).values()],
            "outputs": [_specification(item) for item in tf.nest.flatten(function.structured_outputs)],
        }
        found.fixed_batch = _fixes_batch(specifications(function).values())
        found.gives = output_names(function)
        found.call = lambda inputs: _call_signature(function, inputs, tf)
    return found


def served(signatures: Dict[str, Any]) -> str:
    """Return the name of the signature to call: the default one, or where there is none the only one that its user gave."""
    given = [name for name in signatures if not name.startswith("__")]
    return given[0] if len(given) == 1 else "serving_default"


def _specification(item: Any) -> Dict[str, Any]:
    shape = item.shape.as_list()[1:] if item.shape.rank else None if item.shape.rank is None else []
    return {"shape": shape, "dtype": item.dtype.name}


def _fixes_batch(specs: Iterable[Any]) -> bool:
    return any(spec.shape.rank and spec.shape.as_list()[0] is not None for spec in specs)


def _session(path: str, tf: Any) -> Loaded:
    """Use a SavedModel as a server does: a graph and a session, tensors by the names that the signature gives, and nothing else."""
    v1 = tf.compat.v1
    session = v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        meta = v1.saved_model.load(session, [tf.saved_model.SERVING], path)
    found = Loaded()
    found.keep = session
    signatures = dict(meta.signature_def)
    signature = signatures.get(served(signatures))
    if signature is None:
        return found
    takes, gives = signature.inputs, signature.outputs
    specs = {name: tf.TensorSpec(tf.TensorShape(item.tensor_shape), tf.as_dtype(item.dtype)) for name, item in takes.items()}
    found.gives = list(gives)
    results = [tf.TensorSpec(tf.TensorShape(item.tensor_shape), tf.as_dtype(item.dtype)) for item in gives.values()]
    found.signature = {"inputs": [_specification(item) for item in specs.values()], "outputs": [_specification(item) for item in results]}
    found.fixed_batch = _fixes_batch(specs.values())

    def run(**values: Any) -> Any:
        feed = {takes[name].name: value.numpy() for name, value in values.items()}
        return session.run({name: gives[name].name for name in gives}, feed)

    found.call = lambda inputs: _call_with(run, specs, inputs, tf)
    return found


def output_names(function: Any) -> List[str]:
    """Return the names of a signature's outputs."""
    given = function.structured_outputs
    return [str(name) for name in given] if isinstance(given, dict) else []


def specifications(function: Any) -> Dict[str, Any]:
    """Return name -> TensorSpec of a signature's inputs."""
    return dict(function.structured_input_signature[1])


def assignments(names: List[str], specs: Dict[str, Any], inputs: List[Any], wanted: List[str], types: List[str]) -> List[Dict[str, Any]]:
    """Return the ways to give the inputs to a signature: by equal names first, then by shape and dtype, then by order.

    Versions name a signature's arguments differently, so where names say nothing every fitting order is a candidate.
    """
    from itertools import islice, permutations

    if set(names) == set(wanted) and len(names) == len(inputs):
        by_name = dict(zip(wanted, inputs))
        return [by_name]
    orders = islice(permutations(range(len(inputs))), 120)
    ways = [{name: inputs[index] for name, index in zip(names, order)} for order in orders]
    ways = [chosen for chosen in ways if all(specs[name].shape.is_compatible_with(value.shape) for name, value in chosen.items())]
    exact = [chosen for chosen in ways if all(_is_of(specs[name], value) for name, value in chosen.items())]
    # Where types do not tell inputs apart any order is one.
    return exact or [
        chosen for chosen in ways if all(_is_of(specs[name], value) or _casts(specs[name], value, types) for name, value in chosen.items())
    ]


def _is_of(spec: Any, value: Any) -> bool:
    return _is_text(spec) and _is_text(value) or bool(spec.dtype.name == value.dtype.name)


def _is_text(item: Any) -> bool:
    return bool(item.dtype.name == "string" or getattr(item.dtype, "kind", "-") in "OSU")


def _casts(spec: Any, value: Any, types: List[str]) -> bool:
    """Say whether an array of numbers can be given to a signature in its type, since that is one of the `types` that the model takes.

    Data are often of the type that NumPy gives them, and a model that is called takes them as its own.
    """
    import numpy

    numbers = spec.dtype.name in types and not _is_text(spec) and not _is_text(value)
    return numbers and bool(numpy.can_cast(value.dtype, spec.dtype.as_numpy_dtype, "same_kind"))


def _call_signature(function: Any, inputs: Any, tf: Any, through: Any = None) -> List[List[Any]]:
    """Return the outputs of every fitting way to give the inputs; each a flat list ordered by output name.

    `through` is called instead of the signature where something wraps it.
    """
    return _call_with(through or function, specifications(function), inputs, tf)


def _call_with(function: Any, specs: Dict[str, Any], inputs: Any, tf: Any) -> List[List[Any]]:
    given = inputs["values"]
    # As they were numbered: input_2 before input_10.
    names = sorted(specs, key=lambda name: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)])
    if len(names) != len(given):
        raise ValueError("the signature takes %d inputs (%s), the model took %d" % (len(names), ", ".join(names), len(given)))
    found = []
    for chosen in assignments(names, specs, given, inputs["names"], inputs["types"]):
        arrays = {
            name: value.astype(specs[name].dtype.as_numpy_dtype) if _casts(specs[name], value, inputs["types"]) else value
            for name, value in chosen.items()
        }
        found.append(flat(function(**tensors(tf, arrays))))
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
        found.gives = output_names(function)
    else:
        found.call = lambda inputs: [flat(layer(tensors(tf, inputs["whole"])))]
    return found
