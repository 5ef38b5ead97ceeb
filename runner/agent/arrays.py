"""Inputs and outputs of models: arrays, or lists and dicts of them, as TensorFlow takes them and as NumPy reads them."""

from typing import Any, Callable, List


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return inputs in which every array is changed."""
    if isinstance(value, dict):
        return {key: each(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [each(item, change) for item in value]
    return change(value)


def tensors(tf: Any, value: Any) -> Any:
    """Turn arrays inside lists and dicts into tensors; text goes in as a list, as string arrays do not."""
    if isinstance(value, dict):
        return {key: tensors(tf, item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [tensors(tf, item) for item in value]
    return tf.constant(value.tolist() if getattr(value, "dtype", None) is not None and value.dtype.kind in "OSU" else value)


def flat(value: Any) -> List[Any]:
    """Return the arrays in a structure of tensors, dicts by sorted key; of a sparse or ragged tensor those that it is made of."""
    import numpy

    if isinstance(value, dict):
        return [item for key in sorted(value) for item in flat(value[key])]
    if hasattr(value, "nested_row_splits"):
        return flat([value.flat_values, *value.nested_row_splits])
    if hasattr(value, "indices") and hasattr(value, "dense_shape"):
        return flat([value.indices, value.values, value.dense_shape])
    if isinstance(value, (list, tuple)):
        return [item for part in value for item in flat(part)]
    return [numpy.asarray(value.numpy() if hasattr(value, "numpy") else value)]


def text(value: Any) -> Any:
    """Return an array of text as NumPy's own, whatever it is made of."""
    import numpy

    items = [item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item) for item in value.ravel()]
    return numpy.array(items, dtype=str).reshape(value.shape)
