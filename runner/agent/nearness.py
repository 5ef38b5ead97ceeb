"""How far two arrays are from each other, and whether that is within what the matrix file tolerates."""

from typing import Any, Dict, Sequence, Tuple

from agent.arrays import text


def tolerance(request: Dict[str, Any], dtype: str) -> Tuple[float, float]:
    """Return (absolute, relative) for a dtype; what is not listed must be equal."""
    found = request["tolerances"].get(dtype)
    return (found["absolute"], found["relative"]) if found else (0.0, 0.0)


def same(one: Any, other: Any, least: float = 1e-3) -> bool:
    """Say whether two arguments are the same: numbers as near as their types allow, those below `least` as near as that."""
    one, other = _single(one), _single(other)
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other)):
        # What is infinite is no nearer to itself than that, and what is no number equals nothing.
        return bool(one == other or (one != one and other != other) or abs(one - other) <= 1e-6 * max(least, abs(one), abs(other)))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(*pair, least=least) for pair in zip(one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(same(value, other[key], least) for key, value in one.items())
    return bool(one == other)


def _single(value: Any) -> Any:
    """Return what a list has in it where that is always the same: some versions write one number for all sizes."""
    return value[0] if isinstance(value, list) and value and all(item == value[0] for item in value) else value


def type_name(value: Any) -> str:
    """Return the name of an array's dtype; all that holds text is `string`."""
    return "string" if value.dtype.kind in "OSU" else str(value.dtype.name)


def distance(expected: Any, found: Any) -> float:
    """Return the largest absolute difference; infinite when shapes differ, values are not comparable or one is NaN alone."""
    import numpy

    if expected.shape != found.shape:
        return float("inf")
    if expected.dtype.kind in "OSU" or found.dtype.kind in "OSU":
        return 0.0 if numpy.array_equal(text(expected), text(found)) else float("inf")
    if expected.size == 0:
        return 0.0
    whole = expected.dtype.kind in "iub" and found.dtype.kind in "iub"
    if whole and numpy.array_equal(expected, found):
        return 0.0
    left, right, equal = _wide(expected, found)
    gap = numpy.where(equal, 0.0, numpy.abs(left - right))
    furthest = float(numpy.where(numpy.isnan(gap), numpy.inf, gap).max())
    # Above 2**53 neighbouring whole numbers are one and the same float64.
    return max(furthest, 1.0) if whole else furthest


def size_of(value: Any) -> float:
    """Return the largest absolute value; 0 of what holds no numbers."""
    import numpy

    return 0.0 if value.dtype.kind in "OSU" or not value.size else float(numpy.abs(value.astype("complex128")).max())


def _wide(expected: Any, found: Any) -> Tuple[Any, Any, Any]:
    """Return both arrays in the widest type there is for them, and where they are equal; NaN equals NaN."""
    import numpy

    widest = "complex128" if "c" in (expected.dtype.kind, found.dtype.kind) else "float64"
    left, right = expected.astype(widest), found.astype(widest)
    return left, right, (left == right) | (numpy.isnan(left) & numpy.isnan(right))


def within(request: Dict[str, Any], expected: Any, found: Any, scale: Any = 1.0, coarse: Sequence[str] = (), noise: Any = 0.0) -> bool:
    """Say whether two arrays agree within the tolerance of the expected dtype, its absolute part for values `scale` times as large.

    A value that was computed in the `coarse` dtypes has their tolerance, whatever it is kept in. `noise` comes on top of it,
    one number or one for each place of the last axis.
    """
    import numpy

    gap = distance(expected, found)
    if gap == 0.0 or gap == float("inf"):
        return gap == 0.0
    absolute, relative = tolerance(request, expected.dtype.name)
    if expected.dtype.kind == "f":
        absolute, relative = (max(part) for part in zip((absolute, relative), *(tolerance(request, name) for name in coarse)))
    if absolute == relative == 0.0:
        return False
    left, right, equal = _wide(expected, found)
    return bool((equal | (numpy.abs(left - right) <= absolute * scale + relative * numpy.abs(left) + noise)).all())
