"""What a whole model holds besides values: its layers' arguments, dtype policies, vocabularies, random generators. Read and compared.

Versions write the same thing in different ways, so only what both sides tell is compared, and only what means the same in all of
them: numbers, words and flags of a layer's config, whether there is a regularizer or constraint, policies other than float32.
"""

import inspect
from typing import Any, Dict, List, Optional

from agent import state

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
    *("module", "function_type", "output_shape_module", "output_shape_type", "mask_module", "mask_type"),
)
HOLDERS = ("_regularizer", "_constraint")
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64")
SPECIAL_TOKENS = ("", "[UNK]")


def read(model: Any, own: bool = True) -> Dict[str, Any]:
    """Return by the name of each layer {arguments, policy, vocabulary, random}; of layers that share a name nothing.

    The policy of an input says nothing: it computes nothing; nor does that of a model, whose layers have theirs. Layers and models of
    the user's own are asked for their config only where `own` is set.
    """
    found = {}  # type: Dict[str, Any]
    layers = [layer for layer in state.every_layer(model) if not hasattr(layer, "layers") or state.is_own(type(layer))]
    names = [layer.name for layer in layers]
    for layer in layers:
        if names.count(layer.name) == 1:
            config = _config(layer) if own or not state.is_own(type(layer)) else {}
            found[layer.name] = {
                "arguments": {key: config[key] for key in sorted(config) if key not in LEFT_OUT},
                "policy": None if type(layer).__name__ == "InputLayer" or hasattr(layer, "layers") else _policy(layer),
                "vocabulary": _vocabulary(layer),
                "random": _random(layer) if config.get("seed") is not None or state.is_own(type(layer)) else None,
            }
    return found


def differences(expected: Dict[str, Any], found: Dict[str, Any]) -> List[str]:
    """Return in words what a loaded model has otherwise than the saved one had."""
    problems = []
    for name in sorted(set(expected) & set(found)):
        wanted, seen = expected[name], found[name]
        for key, value in wanted["arguments"].items():
            other = seen["arguments"].get(key, value)
            if not _same(value, other):
                problems.append("%s: %s is %r instead of %r" % (name, key, other, value))
        policies = (wanted["policy"], seen["policy"])
        if policies[0] != policies[1] and set(policies) & set(POLICIES) and None not in policies:
            problems.append("%s: the dtype policy is %s instead of %s" % (name, policies[1], policies[0]))
        if wanted["vocabulary"] is not None and seen["vocabulary"] is not None and wanted["vocabulary"] != seen["vocabulary"]:
            problems.append("%s: %s" % (name, _told(wanted["vocabulary"], seen["vocabulary"])))
    return problems + other_random_states(expected, found)


def other_random_states(expected: Dict[str, Any], found: Dict[str, Any]) -> List[str]:
    """Return in words which layers' random generators are in another state."""
    states = {name: (expected[name]["random"], found[name]["random"]) for name in sorted(set(expected) & set(found))}
    return ["%s: the state of its random generator" % name for name, pair in states.items() if None not in pair and pair[0] != pair[1]]


def has_random_state(expected: Dict[str, Any]) -> bool:
    """Say whether a layer has a random generator whose state can be compared."""
    return any(layer["random"] is not None for layer in expected.values())


def _config(layer: Any) -> Dict[str, Any]:
    """Return what of a layer's config can be compared: None where something is said not to be there."""
    # A config of the user's own may leave out what decides in training alone.
    found = _made_with(layer) if state.is_own(type(layer)) else {}
    try:
        config = layer.get_config()
    except Exception:
        # A custom layer without get_config; what it lacks is told when it is saved or loaded.
        return found
    for key, value in config.items():
        if key.endswith(HOLDERS):
            found[key] = value.get("class_name") if isinstance(value, dict) else None if value is None else str(value)
            held = getattr(layer, key, None)
            found.update({"%s: %s" % (key, name): number for name, number in _made_with(held).items()})
        elif isinstance(value, (bool, int, float, str)):
            found[key] = value
        elif isinstance(value, (list, tuple)) and value and all(isinstance(item, (bool, int, float)) for item in value):
            found[key] = list(value)
    return found


def _made_with(value: Any) -> Dict[str, Any]:
    """Return the arguments that an object was made with, of those that it keeps under their names: numbers, words and flags."""
    try:
        names = list(inspect.signature(type(value).__init__).parameters)
    except (TypeError, ValueError):
        return {}
    held = getattr(value, "__dict__", {})
    kept = {name: held.get(name, held.get("_" + name)) for name in names if name not in LEFT_OUT}
    return {name: _plain(item) for name, item in kept.items() if isinstance(_plain(item), (bool, int, float, str))}


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as Python's own."""
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def _same(one: Any, other: Any) -> bool:
    numbers = [value[0] if isinstance(value, list) and len(set(value)) == 1 else value for value in (one, other)]
    if all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in numbers):
        return bool(abs(numbers[0] - numbers[1]) <= 1e-6 * max(1e-3, abs(numbers[0])))
    return bool(numbers[0] == numbers[1])


def _policy(layer: Any) -> Optional[str]:
    policy = getattr(layer, "dtype_policy", None) or getattr(layer, "_dtype_policy", None)
    name = getattr(policy, "name", None)
    return None if name is None else str(name)


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
    value = state.generator(layer)
    return None if value is None else [int(number) for number in state.array(value).ravel()]
