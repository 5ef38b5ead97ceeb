"""The further inputs on which outputs are compared, the awkward ones: alone, nothing, large, unseen, each word of a vocabulary."""

import re
from typing import Any, Dict, List, Tuple

from agent.arrays import each, flat
from agent.fixture import Fixture

# By name, by how much larger values are than the usual ones, and with them the noise; and the inputs.
Further = Tuple[str, float, Any]


def inputs(fixture: Fixture, words: List[str]) -> List[Further]:
    """Return (name, scale, inputs) of all; `words` are those of the model's vocabularies."""
    import numpy

    usual = fixture.inputs()
    found = [
        ("the first row alone", 1.0, each(usual, lambda value: value[:1])),
        ("all zeros", 1.0, each(usual, numpy.zeros_like)),
        ("values times 100", 100.0, each(usual, lambda value: value * value.dtype.type(100) if value.dtype.kind == "f" else value)),
    ]
    unseen = each(usual, _unseen)
    if any(one is not other for one, other in zip(flat(usual), flat(unseen))):
        found.append(("values never seen", 1.0, unseen))
    if any(_fitting(words, value) for value in flat(usual)):
        found.append(("each word of its vocabularies", 1.0, _holding(words, usual)))
    return found + [("awkward inputs %d" % (index + 1), 1.0, given) for index, given in enumerate(fixture.awkward())]


def recorded(fixture: Fixture, expected: Dict[str, Any]) -> List[Further]:
    """Return those for which the producer's outputs were recorded."""
    return [item for item in inputs(fixture, expected["words"]) if item[0] in expected["further_names"]]


def _unseen(value: Any) -> Any:
    """Return texts and whole numbers that are not among these, as tokens of a new user are; other values as they are."""
    import numpy

    if value.dtype.kind in "OSU":
        return numpy.full_like(value, "never seen before", dtype=object)
    largest = value.max() if value.dtype.kind in "iu" and value.size else None
    if largest is None or largest == numpy.iinfo(value.dtype).max:
        return value
    return numpy.full_like(value, largest + 1)


def _fitting(words: List[str], value: Any) -> List[Any]:
    """Return which of the words an array of this type can hold."""
    import numpy

    if not value.size or value.dtype.kind not in "OSUiu":
        return []
    if value.dtype.kind in "OSU":
        return list(words)
    limits = numpy.iinfo(value.dtype)
    numbers = [int(word) for word in words if re.fullmatch("-?[0-9]{1,20}", word)]
    return [number for number in numbers if limits.min <= number <= limits.max]


def _holding(words: List[str], value: Any) -> Any:
    """Return inputs that hold the words, one after the other, where they can; as many rows as that takes, in which all else is repeated."""
    import numpy

    rows = max(max(len(part), -(-len(_fitting(words, part)) // max(1, part[:1].size))) for part in flat(value))

    def held(part: Any) -> Any:
        fitting = _fitting(words, part)
        kind = part.dtype if part.dtype.kind in "iu" else object
        return numpy.resize(numpy.array(fitting, dtype=kind) if fitting else part, (rows, *part.shape[1:]))

    return each(value, held)
