"""Everything a model holds, read into plain values and NumPy arrays, whatever version it comes from."""

from typing import Any, Dict, List, Optional


def array(variable: Any) -> Any:
    """Return a variable's value as an array."""
    import numpy

    return numpy.asarray(variable.numpy() if hasattr(variable, "numpy") else variable)


def short_name(variable: Any) -> str:
    """Return the last two parts of a variable's path without its output number: `hidden/kernel`."""
    name = str(getattr(variable, "path", None) or variable.name)
    return "/".join(name.split(":")[0].split("/")[-2:])


def variables(model: Any) -> List[Any]:
    """Return the model's weights in its own order, without the tables that Keras 2 lists among them: those have no value to read."""
    return [variable for variable in model.weights if hasattr(variable, "numpy")]


def weights(model: Any) -> Dict[str, Any]:
    """Return {"meta": [{name, shape, dtype, trainable}], "arrays": [...]} in the model's own order."""
    trainable = {id(variable) for variable in model.trainable_weights}
    meta, arrays = [], []
    for variable in variables(model):
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


def metric_names(model: Any, logs: Any) -> List[str]:
    """Return the names of the metrics that a training step told; losses are left out, as not every version tells those of each output."""
    names = list(logs) if isinstance(logs, dict) else list(getattr(model, "metrics_names", None) or [])
    return sorted(str(name) for name in names if not str(name).endswith("loss"))


def interface(model: Any, inputs: List[Any], outputs: List[Any]) -> Dict[str, Any]:
    """Return {"inputs", "outputs"}, each a list of {shape, dtype} without the batch: as the model declares them, else as its data are."""
    found = {}
    for name, values in (("inputs", inputs), ("outputs", outputs)):
        declared = getattr(model, name, None)
        parts = list(declared) if isinstance(declared, (list, tuple)) and len(declared) == len(values) else values
        found[name] = [
            {"shape": [None if size is None else int(size) for size in list(part.shape)[1:]], "dtype": _dtype(part.dtype)} for part in parts
        ]
    return found


def _dtype(dtype: Any) -> str:
    name = str(getattr(dtype, "name", dtype))
    return "string" if name.startswith(("str", "object", "bytes")) else name


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
