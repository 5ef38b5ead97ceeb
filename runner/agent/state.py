"""Everything a model holds, read into plain values and NumPy arrays, whatever version it comes from."""

import types
from typing import Any, Dict, List, Optional, Set

# Names under which versions keep the same hyperparameter; values that no user set are left to the version.
HYPERPARAMETERS = ("learning_rate", "momentum", "nesterov", "rho", "beta_1", "beta_2", "epsilon", "centered", "amsgrad", "weight_decay")

# Where versions keep what a model is compiled with; what wraps a loss or a metric of the user's own differs too.
COMPILED = ("optimizer", "loss", "compiled_loss", "_compile_loss", "metrics", "compiled_metrics", "_compile_metrics")
# The packages whose classes and functions are found without their user's help; 1.15 calls itself tensorflow_core.
NOT_OWN = ("keras", "tf_keras", "tensorflow", "tensorflow_core", "builtins", "functools")


def array(variable: Any) -> Any:
    """Return a variable's value as an array."""
    import numpy

    return numpy.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)


def short_name(variable: Any) -> str:
    """Return the last two parts of a variable's path without its output number: `hidden/kernel`."""
    name = str(getattr(variable, "path", None) or variable.name)
    return "/".join(name.split(":")[0].split("/")[-2:])


def weights(model: Any) -> Dict[str, Any]:
    """Return {"meta": [{name, shape, dtype, trainable}], "arrays": [...]} in the model's own order."""
    trainable = {id(variable) for variable in model.trainable_weights}
    meta, arrays = [], []
    for variable in model.weights:
        value = array(variable)
        meta.append(
            {"name": short_name(variable), "shape": list(value.shape), "dtype": value.dtype.name, "trainable": id(variable) in trainable}
        )
        arrays.append(value)
    return {"meta": meta, "arrays": arrays}


def layers(model: Any) -> List[Dict[str, Any]]:
    """Return {name, class, trainable} of the layers that hold weights: of those every version agrees what they are."""
    return [
        {"name": layer.name, "class": type(layer).__name__.split(">")[-1], "trainable": bool(layer.trainable)}
        for layer in getattr(model, "layers", [])
        if layer.weights
    ]


def custom_names(model: Any) -> List[str]:
    """Return the names of classes and functions in the model that are neither TensorFlow's nor Keras's own.

    Those of layers and cells, and of what layers and the compiled model hold: initializers, regularizers, constraints, activations,
    functions of Lambda layers, the loss, metrics, the optimizer and its schedule.
    """
    found = set()  # type: Set[str]
    seen = {}  # type: Dict[int, int]
    flatten = getattr(model, "_flatten_layers", None)
    for layer in [model] + list(flatten() if flatten else model.layers):
        _visit(layer, found, seen, depth=1)
    for name in COMPILED:
        _visit(getattr(model, name, None), found, seen, depth=3)
    return sorted(found)


def _visit(value: Any, found: Set[str], seen: Dict[int, int], depth: int) -> None:
    """Add the name of a class or function if it is the user's own, and go `depth` objects on into what Keras's objects hold."""
    if seen.get(id(value), -1) >= depth:
        return
    seen[id(value)] = depth
    if isinstance(value, (list, tuple)):
        for item in value:
            _visit(item, found, seen, depth)
    elif isinstance(value, dict):
        for item in value.values():
            _visit(item, found, seen, depth)
    elif isinstance(value, (type, types.FunctionType)):
        _add_own(value, found)
    elif _is_keras(value):
        _add_own(type(value), found)
        if depth > 0:
            for item in list(getattr(value, "__dict__", {}).values()):
                _visit(item, found, seen, depth - 1)


def _is_keras(value: Any) -> bool:
    """Say whether something is part of a Keras model: it has a config, or is one of Keras's containers of losses and metrics."""
    return hasattr(type(value), "get_config") or "keras" in type(value).__module__.split(".")


def _add_own(kind: Any, found: Set[str]) -> None:
    if str(kind.__module__).split(".")[0] not in NOT_OWN:
        found.add(str(kind.__name__))


def loss_name(model: Any) -> Optional[str]:
    """Return the loss the model is compiled with, under one spelling, or None."""
    return _name(getattr(model, "loss", None))


def _name(loss: Any) -> Optional[str]:
    if loss is None:
        return None
    if isinstance(loss, (list, tuple)):
        return ",".join(str(_name(item)) for item in loss)
    if isinstance(loss, dict):
        return ",".join("%s=%s" % (key, _name(loss[key])) for key in sorted(loss))
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", None) or type(loss).__name__
    words = "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).strip("_")
    return {"mse": "mean_squared_error", "mae": "mean_absolute_error"}.get(words, words)


def optimizer(optimizer: Any) -> Dict[str, Any]:
    """Return {"class", "iterations", "hyperparameters", "arrays"}; arrays are the slots, without the scalars of progress."""
    config = {}  # type: Dict[str, Any]
    raw = optimizer.get_config()
    for name in HYPERPARAMETERS:
        value = raw.get(name)
        if isinstance(value, bool):
            config[name] = value
        elif isinstance(value, (int, float)) or hasattr(value, "item"):
            config[name] = float(value)
        elif isinstance(value, dict):
            config[name] = value.get("class_name", "schedule")
    known = optimizer.variables
    variables = known() if callable(known) else known
    arrays = []
    for variable in variables:
        name = str(getattr(variable, "path", None) or variable.name).split(":")[0].split("/")[-1]
        value = array(variable)
        if value.ndim == 0 and ("iter" in name or "learning_rate" in name or "decay" in name):
            continue
        arrays.append(value)
    return {
        "class": type(optimizer).__name__,
        "iterations": int(array(optimizer.iterations)),
        "hyperparameters": config,
        "arrays": arrays,
    }
