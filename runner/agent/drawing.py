"""The values that a new model gets: drawn by NumPy, so that nothing of a load can look right by accident."""

from typing import Any, Optional

from agent import state

FIRST_WEIGHTS = 1
OTHER_WEIGHTS = 2


def assign(model: Any, seed: int) -> None:
    """Give every floating-point weight values from NumPy: none is zero, one or another default, variances are positive.

    What a layer counted or looked up is no matter of chance. It stays, but in a model that values are to be read into: there it is altered.
    """
    import numpy

    random = numpy.random.RandomState(seed)
    adapted = {id(variable) for layer in state.every_layer(model) if hasattr(layer, "adapt") for variable in layer.weights}
    for variable in state.variables(model):
        value = numpy.asarray(variable.numpy())
        if id(variable) in adapted or (value.dtype.kind not in "fc" and "float" not in value.dtype.name):
            if seed == OTHER_WEIGHTS:
                variable.assign(altered(value))
            continue
        size = _positive(variable, value)
        if size is not None:
            drawn = random.uniform(0.5, 1.5, size=value.shape) * size
        else:
            drawn = random.normal(size=value.shape) / (numpy.sqrt(value.shape[0]) if value.ndim > 1 else 4.0)
        variable.assign(numpy.asarray(drawn).astype(value.dtype))


def _positive(variable: Any, value: Any) -> Optional[float]:
    """Return about how large a variable is that models may take the root or logarithm of, or divide by; None for any other.

    Such ones have a constraint, or begin with one round positive number everywhere, as scales do (nothing drawn at random is round), or are
    not trained and begin with nothing negative, as means of squares do.
    """
    first = float(value.ravel()[0]) if value.size and value.dtype.kind == "f" else 0.0
    if first > 0.0 and abs(first - round(first, 3)) < 1e-6 * first and bool((value == value.ravel()[0]).all()):
        return first
    if not getattr(variable, "trainable", True) and value.size and value.dtype.kind == "f" and float(value.min()) >= 0.0:
        return float(value.mean()) or 1.0
    if getattr(variable, "constraint", None) is not None:
        return 1.0 / float(value.shape[0]) ** 0.5 if value.ndim > 1 else 1.0
    return 1.0 if "variance" in variable.name else None


def altered(value: Any) -> Any:
    """Return an array of other values that are as good as these: in another order if they are not all the same, else one more."""
    import numpy

    turned = numpy.roll(value.ravel(), 1).reshape(value.shape)
    if not numpy.array_equal(turned, value):
        return turned
    if value.dtype.kind == "b":
        return ~value
    return value if value.dtype.kind in "OSU" else (value + numpy.ones_like(value)).astype(value.dtype)
