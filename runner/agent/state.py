"""Everything a model holds, read into plain values and NumPy arrays, whatever version it comes from."""

import contextlib
from typing import Any, Dict, Iterator, List, Optional, Tuple

from agent import own

# What a metric may tell in numbers: a confusion matrix of ten classes.
MOST_NUMBERS = 100


def array(variable: Any) -> Any:
    """Return a variable's value as an array."""
    import numpy

    return numpy.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)


def path_of(variable: Any) -> str:
    """Return a variable's path without its output number: `encoder/hidden/kernel`."""
    return str(getattr(variable, "path", None) or variable.name).split(":")[0]


def matched_by(expected: List[Any], found: List[Any]) -> Optional[List[int]]:
    """Return for each expected key the index of the found one; None unless both sides have the same keys, each once."""
    places = {key: index for index, key in enumerate(found)}
    unique = len(set(expected)) == len(expected) and len(places) == len(found)
    return [places[key] for key in expected] if unique and set(expected) == set(places) else None


def pairing(expected: List[Dict[str, Any]], found: List[Dict[str, Any]]) -> Optional[List[int]]:
    """Return for each expected variable the index of the found one of its name and shape; None where names do not tell them apart.

    Within a version whole paths are the same; between versions the last two parts are, more often.
    """
    for first in (0, -2):
        sides = [[("/".join(item["path"].split("/")[first:]), tuple(item["shape"])) for item in side] for side in (expected, found)]
        pairs = matched_by(*sides)
        if pairs is not None:
            return pairs
    return None


def variables(model: Any) -> List[Any]:
    """Return the model's weights in its own order, without what Keras 2 lists among them besides.

    That are tables, which have no value to read, and what metrics have counted, which training begins anew.
    """
    metrics = [metric for layer in every_layer(model) for metric in getattr(layer, "_metrics", None) or []]
    counted = {id(variable) for metric in metrics for variable in metric.variables}
    return [variable for variable in model.weights if hasattr(variable, "numpy") and id(variable) not in counted]


def weights(model: Any) -> Dict[str, Any]:
    """Return {"meta": [{path, shape, dtype, trainable}], "arrays": [...]} in the model's own order."""
    trainable = {id(variable) for variable in model.trainable_weights}
    meta, arrays = [], []
    for variable in variables(model):
        value = array(variable)
        meta.append(
            {"path": path_of(variable), "shape": list(value.shape), "dtype": value.dtype.name, "trainable": id(variable) in trainable}
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


def statistics(model: Any) -> Dict[str, bool]:
    """Return the trainable flags of layers with moving statistics, by names that only one has: it decides whether these go on moving."""
    found = [layer for layer in every_layer(model) if any("BatchNorm" in kind.__name__ for kind in type(layer).__mro__)]
    names = [layer.name for layer in found]
    return {layer.name: bool(layer.trainable) for layer in found if names.count(layer.name) == 1}


def added(model: Any) -> Optional[float]:
    """Return what a model adds to its loss since its last call: regularizers, and what layers add; None where it cannot be told."""
    try:
        total = sum(float(array(loss)) for loss in model.losses)
    except Exception:
        # Older versions may have no more than a tensor of a graph.
        return None
    return total if abs(total) < float("inf") else None


def every_layer(model: Any) -> List[Any]:
    """Return the model and all layers in it, also those of models in it."""
    flatten = getattr(model, "_flatten_layers", None)
    if flatten is not None:
        return list(flatten())
    # Older than 2.2; its `submodules` raises for dicts whose keys are layers.
    found, waiting = [], [model]  # type: List[Any], List[Any]
    while waiting:
        part = waiting.pop(0)
        if not any(part is other for other in found):
            found.append(part)
            inner = getattr(part, "layers", None) or getattr(part, "_layers", None) or []
            waiting += [layer for layer in inner if hasattr(layer, "get_config") and hasattr(layer, "weights")]
    return found


def stateful_layers(model: Any) -> List[Any]:
    """Return the layers that keep something from one call to the next and can forget it, as recurrent ones with `stateful=True`."""
    inner = [layer for layer in every_layer(model) if layer is not model]
    return [layer for layer in inner if getattr(layer, "stateful", False) and hasattr(layer, "reset_states")]


def reset(model: Any) -> None:
    """Let the stateful layers of a model forget."""
    for layer in stateful_layers(model):
        # Before it is built it has nothing to forget, and no batch size to make its states of.
        if layer.built:
            layer.reset_states()


def generators_of(layer: Any) -> List[Any]:
    """Return the variables that hold the states of a layer's random generators, each once."""
    states = [getattr(one, "state", None) for one in _generators(layer)]
    return list({id(one): one for one in states if one is not None}.values())


def seeded(layer: Any) -> bool:
    """Say whether the user gave all of a layer's random generators a seed; of TensorFlow's own it cannot be told."""
    return all(getattr(one, "_initial_seed", 0) is not None for one in _generators(layer))


def _generators(layer: Any) -> List[Any]:
    held = [getattr(layer, "seed_generator", None), getattr(getattr(layer, "_random_generator", None), "_generator", None)]
    if own.is_own(type(layer)):
        kept = [value for name, value in sorted(vars(layer).items()) if name != "_seed_generators"]
        parts = [part for value in kept for part in (value if isinstance(value, (list, tuple)) else [value])]
        held += [part for part in parts if type(part).__name__ in ("Generator", "SeedGenerator")]
    return [one for one in held if one is not None]


def generators(model: Any) -> List[Any]:
    """Return the states of the random generators of a model's layers."""
    return [held for layer in every_layer(model) for held in generators_of(layer)]


@contextlib.contextmanager
def kept(variables: List[Any]) -> Iterator[None]:
    """Give variables their values back at the end."""
    held = [(variable, array(variable)) for variable in variables]
    try:
        yield
    finally:
        for variable, value in held:
            variable.assign(value)


def beside(model: Any, kind: type) -> List[Tuple[str, Any]]:
    """Return (attribute, variable) of the variables of TensorFlow's own `kind` that user code put on its layers and that are no weights."""
    known = {id(variable) for variable in model.weights}
    held = [pair for layer in every_layer(model) for pair in own.variables(layer, kind)]
    # Keras keeps counters of its own under names that begin with an underscore.
    return [(name, value) for name, value in held if id(value) not in known and not name.startswith("_")]


def computed_in(model: Any) -> List[str]:
    """Return the number types in which layers of a model compute, whatever the type of its outputs: noise is that of the narrowest."""
    layers = [layer for layer in every_layer(model) if type(layer).__name__ != "InputLayer"]
    policies = [getattr(layer, "dtype_policy", None) or getattr(layer, "_dtype_policy", None) for layer in layers]
    types = {str(getattr(policy, "compute_dtype", None)) for policy in policies}
    return sorted(types & {"float16", "bfloat16", "float32", "float64"})


def written_otherwise(model: Any) -> List[bool]:
    """Say of each weight whether its layer writes it in a way of its own: packed, transposed, merged with another one, beside its words."""
    found = set()
    for layer in every_layer(model):
        writer = next((kind for kind in type(layer).__mro__ if "save_own_variables" in vars(kind)), None)
        if (writer is not None and own.is_own(writer)) or getattr(layer, "lora_enabled", False) or hasattr(layer, "get_vocabulary"):
            found.update(id(variable) for variable in layer.weights)
    return [id(variable) in found for variable in variables(model)]


def attributes(model: Any, name: str) -> List[Any]:
    """Return the values of the variables that layers of a model have under a name."""
    held = [getattr(layer, name, None) for layer in every_layer(model)]
    return [array(value) for value in held if hasattr(value, "numpy") and hasattr(value, "assign")]


def told(model: Any, logs: Any) -> Dict[str, Optional[float]]:
    """Return what a training step told of loss and metrics, by name; None for what is no finite number, or are too many.

    A metric of several numbers, one for each class say, has several names: `recall[0]`, `recall[1]`.
    """
    if isinstance(logs, dict):
        pairs = list(logs.items())
    else:
        values = list(logs) if isinstance(logs, (list, tuple)) else [logs]
        pairs = list(zip(getattr(model, "metrics_names", None) or [], values))
    found = {}  # type: Dict[str, Optional[float]]
    for name, value in pairs:
        last = array(value[-1] if isinstance(value, list) else value)
        if last.size == 1 or last.size > MOST_NUMBERS:
            found[str(name)] = _finite(last) if last.size == 1 else None
        else:
            found.update(("%s[%d]" % (name, index), _finite(number)) for index, number in enumerate(last.ravel()))
    return found


def _finite(value: Any) -> Optional[float]:
    return float(value) if abs(float(value)) < float("inf") else None


def tensor_names(model: Any, side: str, count: int) -> List[str]:
    """Return what a model calls its `input` or `output` tensors, as far as it does so for all of them, else nothing."""
    names = getattr(model, side + "_names", None)
    if not names:
        # Keras 3 has no such list.
        declared = getattr(model, side + "s", None)
        names = [str(tensor.name).split(":")[0] for tensor in declared] if isinstance(declared, (list, tuple)) else []
    return [str(name) for name in names] if len(names) == count else []


def batch_size(model: Any) -> Optional[int]:
    """Return the only batch size that a model says it takes, or None."""
    if any(kind.__name__ == "Sequential" for kind in type(model).__mro__) and not stateful_layers(model):
        # It declares the size of its first call, and takes any.
        return None
    declared = getattr(model, "inputs", None)
    sizes = [list(tensor.shape)[:1] for tensor in declared] if isinstance(declared, (list, tuple)) else []
    fixed = [int(size[0]) for size in sizes if size and size[0] is not None]
    return fixed[0] if fixed else None


def interface(model: Any, inputs: List[Any], outputs: List[Any]) -> Dict[str, Any]:
    """Return {"inputs", "outputs"}, each a list of {shape, dtype} without the batch: as the model declares them, else as its data are.

    Of outputs the type is what they are, and the shape where another one is declared: what a Keras 3 model declares is at times a guess.
    """
    found = {}
    for name, values in (("inputs", inputs), ("outputs", outputs)):
        declared = getattr(model, name, None)
        parts = list(declared) if isinstance(declared, (list, tuple)) and len(declared) == len(values) else values
        found[name] = [
            {"shape": _sizes(part, value, name), "dtype": _dtype((value if name == "outputs" else part).dtype)}
            for part, value in zip(parts, values)
        ]
    return found


def _sizes(declared: Any, value: Any, side: str) -> List[Optional[int]]:
    """Return the sizes without the batch: those declared, unless an output has others."""
    sizes = [None if size is None else int(size) for size in list(declared.shape)[1:]]
    real = list(value.shape)[1:]
    fits = len(sizes) == len(real) and all(one in (None, other) for one, other in zip(sizes, real))
    return sizes if fits or side == "inputs" else [int(size) for size in real]


def _dtype(dtype: Any) -> str:
    name = str(getattr(dtype, "name", dtype))
    return "string" if name.startswith(("str", "object", "bytes")) else name


def kind_of(answer: Any) -> str:
    """Return in words what a model's outputs come as: by name, in order, or one alone."""
    if isinstance(answer, dict):
        return "a dict of " + ", ".join(sorted(str(key) for key in answer))
    return "a list" if isinstance(answer, (list, tuple)) else "one"


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
