"""What a whole model holds besides values: its layers' arguments, dtype policies, vocabularies, random generators. Read and compared.

Versions write the same thing in different ways, so only what both sides tell is compared, and only what means the same in all of
them: numbers, words and flags of a layer's config, whether there is a regularizer or constraint, policies other than float32.
"""

import re
from typing import Any, Dict, Iterator, List, Optional, Tuple

from agent import state
from agent.nearness import same
from agent.own import UNKNOWN, is_own, made_with, plain
from agent.stillness import RATES

# Names, what other checks look at, and what says how something is computed, written or found, not what.
LEFT_OUT = (
    *("name", "trainable", "dtype", "batch_input_shape", "batch_shape", "axis", "sparse", "ragged", "time_major", "implementation"),
    *(
        "zero_output_for_mask",
        "vocabulary",
        "idf_weights",
        "vocabulary_size",
        "has_input_vocabulary",
        "is_quantized",
        "quantization_config",
    ),
    *("input_layers", "output_layers"),
    *("module", "function_type", "output_shape_module", "output_shape_type", "mask_module", "mask_type"),
)
HOLDERS = ("_regularizer", "_constraint")
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")
SPECIAL_TOKENS = ("", "[UNK]")
MOST_WORDS = 1000
OF_YOURS = " (a class of yours: %s)"
# Of each layer.
Read = Dict[str, Any]


def read(model: Any, own: bool = True) -> Dict[str, List[Read]]:
    """Return by name what layers have: {own, class, named, arguments, policy, vocabulary, seeded, random}; most often one has a name.

    The policy of an input says nothing: it computes nothing; nor does that of a model, whose layers have theirs. Layers and models of
    the user's own are asked for their config only where `own` is set.
    """
    found = {}  # type: Dict[str, List[Read]]
    for layer in state.every_layer(model):
        kind = type(layer)
        if hasattr(layer, "layers") and not is_own(kind):
            continue
        config = _config(layer) if own or not is_own(kind) else {}
        found.setdefault(layer.name, []).append(
            {
                "own": kind.__name__ if is_own(kind) else None,
                "class": re.sub(r"V\d+$", "", kind.__name__.split(">")[-1]),
                "named": any(layer is item for item in getattr(model, "layers", [])) and not is_own(type(model)),
                "arguments": {key: config[key] for key in sorted(config) if key not in LEFT_OUT},
                "policy": None if kind.__name__ == "InputLayer" or hasattr(layer, "layers") else _policy(layer),
                "vocabulary": _vocabulary(layer),
                "seeded": state.seeded(layer),
                "random": _random(layer) if config.get("seed") is not None or is_own(kind) else None,
            }
        )
    return found


def differences(expected: Dict[str, List[Read]], found: Dict[str, List[Read]]) -> List[str]:
    """Return in words what a loaded model has otherwise than the saved one had."""
    problems = [told for pair in _pairs(expected, found) for told in _otherwise(*pair)]
    return problems + other_random_states(expected, found)


def _pairs(expected: Dict[str, List[Read]], found: Dict[str, List[Read]]) -> Iterator[Tuple[str, Read, Read]]:
    """Yield what layers of one name, and of one class where several have it, have on both sides; and those that lost their names."""
    for name in sorted(set(expected) & set(found)):
        sides = [[(name, layer) for layer in side[name]] for side in (expected, found)]
        if len(sides[0]) == len(sides[1]) == 1:
            yield name, sides[0][0][1], sides[1][0][1]
        else:
            yield from ((name, one, other) for name, one, _, other in _by_class(*sides))
    yield from ((name, one, other) for name, one, _, other in _renamed(expected, found))


def _by_class(wanted: List[Tuple[str, Read]], given: List[Tuple[str, Read]]) -> Iterator[Tuple[str, Read, str, Read]]:
    """Yield (name, what was read of it) on both sides of layers of one class, of which there are as many on both sides.

    In which order versions have them is their own affair: the nearest go together.
    """
    for kind in sorted({layer["class"] for _, layer in wanted}):
        sides = [[item for item in side if item[1]["class"] == kind] for side in (wanted, given)]
        seen = sides[1]
        for name, one in sides[0] if len(sides[0]) == len(seen) else []:
            other = min(seen, key=lambda item: len(list(_otherwise(name, one, item[1]))))
            seen.remove(other)
            yield (name, one, *other)


def _renamed(expected: Dict[str, List[Read]], found: Dict[str, List[Read]]) -> Iterator[Tuple[str, Read, str, Read]]:
    """Yield (name, what was read of it) on both sides of layers that have another name."""
    sides = [
        [(name, layer) for name in sorted(set(one) - set(two)) for layer in one[name]]
        for one, two in ((expected, found), (found, expected))
    ]
    return _by_class(*sides)


def names_lost(expected: Dict[str, List[Read]], found: Dict[str, List[Read]]) -> List[str]:
    """Return in words which layers of own classes have another name; of those alone that a config names, not the code of a class."""
    renamed = [item for item in _renamed(expected, found) if item[1]["own"] is not None]
    single = [item for item in renamed if [other[1]["own"] for other in renamed].count(item[1]["own"]) == 1]
    return ["%s: is called %s" % (name, other) for name, one, other, _ in single if one["named"]]


def _otherwise(name: str, wanted: Read, seen: Read) -> Iterator[str]:
    """Yield in words what a layer has otherwise."""
    for key, value in wanted["arguments"].items():
        other = seen["arguments"].get(key, value)
        # Some versions write what an empty list stands for.
        if value != [] and not same(value, other):
            yield "%s: %s is %r instead of %r%s" % (name, key, other, value, OF_YOURS % wanted["own"] if wanted["own"] else "")
    policies = (wanted["policy"], seen["policy"])
    if policies[0] != policies[1] and set(policies) & set(POLICIES) and None not in policies:
        yield "%s: the dtype policy is %s instead of %s" % (name, policies[1], policies[0])
    if wanted["vocabulary"] is not None and seen["vocabulary"] is not None and wanted["vocabulary"] != seen["vocabulary"]:
        yield "%s: %s" % (name, _told(wanted["vocabulary"], seen["vocabulary"]))


def other_random_states(expected: Dict[str, List[Read]], found: Dict[str, List[Read]]) -> List[str]:
    """Return in words which layers' random generators are in another state; of layers that share a name nothing.

    Where no seed was given no training can be repeated, and nothing is lost.
    """
    single = [(name, one, other) for name, one, other in _pairs(expected, found) if len(expected[name]) == 1 and one["seeded"]]
    pairs = [(name, one["random"], other["random"]) for name, one, other in single]
    return ["%s: the state of its random generator" % name for name, one, other in pairs if None not in (one, other) and one != other]


def has_random_state(expected: Dict[str, List[Read]]) -> bool:
    """Say whether a layer has a random generator whose state can be compared."""
    return any(layer["random"] is not None and layer["seeded"] for layers in expected.values() for layer in layers)


def _config(layer: Any) -> Dict[str, Any]:
    """Return what of a layer's config can be compared: None where something is said not to be there."""
    # A config of the user's own may leave out what decides in training alone.
    own = is_own(type(layer))
    found = _arguments(layer)
    if not own:
        # Keras forgets some in its own configs.
        found = {name: item for name, item in found.items() if isinstance(item, (bool, int, float, str))}
    if own:
        found.update({name: vars(layer)[name] for name in RATES if isinstance(vars(layer).get(name), (int, float))})
    try:
        config = layer.get_config()
    except Exception:
        # A custom layer without get_config; what it lacks is told when it is saved or loaded.
        return found
    for key, value in config.items():
        if key.endswith(HOLDERS):
            found[key] = value.get("class_name") if isinstance(value, dict) else None if value is None else str(value)
            held = getattr(layer, key, None)
            given = {name: item for name, item in _arguments(held).items() if item is not None or is_own(type(held))}
            found.update({"%s: %s" % (key, name): item for name, item in given.items()})
        elif key.endswith("_initializer") and is_own(type(getattr(layer, key, None))):
            found.update({"%s: %s" % (key, name): item for name, item in _arguments(getattr(layer, key)).items()})
        elif own:
            item = plain(value)
            if item is not UNKNOWN and item is not None:
                found[key] = item
        elif isinstance(value, (bool, int, float, str)):
            found[key] = value
        elif isinstance(value, (list, tuple)) and all(isinstance(item, (bool, int, float)) for item in value):
            found[key] = list(value)
    return found


def _arguments(value: Any) -> Dict[str, Any]:
    return {name: item for name, item in made_with(value).items() if name not in LEFT_OUT}


def _policy(layer: Any) -> Optional[str]:
    policy = getattr(layer, "dtype_policy", None) or getattr(layer, "_dtype_policy", None)
    name = getattr(policy, "name", None)
    return None if name is None else str(name)


def words(model: Any) -> List[str]:
    """Return the tokens of a model's vocabularies, each once, no more than MOST_WORDS."""
    found = [word for layer in state.every_layer(model) for word in _vocabulary(layer) or []]
    return list(dict.fromkeys(found))[:MOST_WORDS]


def _vocabulary(layer: Any) -> Optional[List[str]]:
    """Return the tokens of a lookup without those that stand for nothing and for the unknown, which not every version lists."""
    if not hasattr(layer, "get_vocabulary"):
        return None
    try:
        words = layer.get_vocabulary()
    except Exception:
        return None
    special = {str(getattr(layer, name, None)) for name in ("mask_token", "oov_token")} | set(SPECIAL_TOKENS)
    texts = [word.decode("utf-8", "replace") if isinstance(word, bytes) else str(word) for word in words]
    return [text for text in texts if text not in special]


def _told(expected: List[str], found: List[str]) -> str:
    if len(expected) != len(found):
        return "the vocabulary has %d tokens instead of %d" % (len(found), len(expected))
    at = next(index for index, word in enumerate(expected) if word != found[index])
    return "token %d of the vocabulary is %r instead of %r" % (at, found[at], expected[at])


def _random(layer: Any) -> Optional[List[int]]:
    values = state.generators_of(layer)
    return [int(number) for value in values for number in state.array(value).ravel()] or None
