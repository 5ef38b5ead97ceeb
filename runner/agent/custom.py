"""The user's own classes and functions: which a model holds, and which of them a load says that it did not find."""

import re
import types
from typing import Any, Dict, Iterator, List, Optional, Tuple

from agent.own import is_own
from agent.report import message_of
from agent.state import every_layer

# Where versions keep what a model is compiled with; what wraps a loss or a metric of the user's own differs too.
COMPILED = ("optimizer", "loss", "compiled_loss", "_compile_loss", "metrics", "compiled_metrics", "_compile_metrics")
# What has a name of its own; of anything else that is that of its class.
NAMED = (type, types.FunctionType)

# What stands before the name, or the config, of what was not found. Each version has messages of its own, often several in one.
BEFORE = [
    re.compile(pattern)
    for pattern in (
        r"Unknown [A-Za-z ]{1,40}:?\s*",
        r"Could not (?:locate|find) \w+\s*:?\s*",
        r"Could not deserialize \w+ (?=\S{1,200} because its parent module)",
        r"Cannot deserialize object of type ",
        # In 1.15 such a message is a tuple.
        r"Could not interpret [a-z ]{1,40} identifier:?'?,?\s*",
        r"Could not interpret serialized [A-Za-z ]{1,40}:\s*",
        r"Unable to restore (?:a layer|object|custom object) of class ",
        r"layer=(?=\w+ of type <class 'str'>)",
        # 2.15 leaves the name of a schedule or a cell in the place of the object, and stumbles over that.
        r"Cannot convert (?='\w+' to EagerTensor)",
        r"The RNN was passed: cell=",
    )
]
# In quotes of some kind or none, behind the package under which it is registered.
NAME = re.compile(r"['\"`]?(?:[\w.]+>)?(\w+)")
CONFIG = re.compile(r"['\"]?\{")
CLASS_NAME = re.compile(r"['\"]class_name['\"]: ['\"](?:[\w.]+>)?(\w+)['\"]")
FUNCTION = re.compile(r"['\"]config['\"]: ['\"](?:[\w.]+>)?(\w+)['\"]")
# Where Keras stumbles over the name of what it did not find, and the variable that has the name.
STUMBLING = {"_resolve_compile_arguments_compat": "obj_config", "process_node": "layer"}
# Says only of what kind it is.
NAMELESS = re.compile(r"Unable to restore custom object of type _tf_keras_")


def names(model: Any) -> Dict[str, str]:
    """Return the names of classes and functions in the model that are neither TensorFlow's nor Keras's own.

    Those of layers and cells, and of what layers and the compiled model hold: initializers, regularizers, constraints, activations,
    functions of Lambda layers, losses, metrics, the optimizer and its schedule. What a loss or metric is called itself leads to the
    name of its class: some messages give that.
    """
    found = {}  # type: Dict[str, str]
    for value in parts([(layer, 1) for layer in every_layer(model)] + [(getattr(model, name, None), 3) for name in COMPILED]):
        if not is_own(value if isinstance(value, NAMED) else type(value)):
            continue
        if isinstance(value, NAMED):
            found[value.__name__] = value.__name__
            continue
        kind = type(value).__name__
        found[kind] = kind
        is_layer = hasattr(value, "weights") and not hasattr(value, "update_state")
        if isinstance(getattr(value, "name", None), str) and not is_layer:
            found.setdefault(value.name, kind)
    return found


def parts(held: List[Tuple[Any, int]]) -> Iterator[Any]:
    """Yield classes, functions and parts of Keras models, each once, of (value, depth): go `depth` objects on into what Keras's hold."""
    seen = {}  # type: Dict[int, int]
    told = set()
    waiting = list(reversed(held))
    while waiting:
        value, depth = waiting.pop()
        if seen.get(id(value), -1) >= depth:
            continue
        seen[id(value)] = depth
        if isinstance(value, (list, tuple, dict)):
            inside = list(value.values()) if isinstance(value, dict) else list(value)
            waiting += [(item, depth) for item in reversed(inside)]
            continue
        named = isinstance(value, NAMED)
        if (named or _is_keras(value)) and id(value) not in told:
            told.add(id(value))
            yield value
        if not named and _is_keras(value) and depth > 0:
            waiting += [(item, depth - 1) for item in reversed(list(getattr(value, "__dict__", {}).values()))]


def _is_keras(value: Any) -> bool:
    """Say whether something is part of a Keras model: it has a config, or is one of Keras's containers of losses and metrics."""
    return hasattr(type(value), "get_config") or "keras" in type(value).__module__.split(".")


def missing(error: BaseException, known: Dict[str, str]) -> Optional[str]:
    """Return which of the model's own classes and functions, as `names` gave them, the error says was not found."""
    message = message_of(error)
    for before in BEFORE:
        for match in before.finditer(message):
            for name in _named(message[match.end() : match.end() + 400]):
                if name in known:
                    return known[name]
    own = set(known.values())
    if len(own) == 1 and NAMELESS.search(message):
        return own.pop()
    return _stumbled(error, known)


def _named(text: str) -> Iterator[str]:
    """Yield what the text begins with: a name, or the name in a config of a class or function."""
    if not CONFIG.match(text):
        match = NAME.match(text)
        if match:
            yield match.group(1)
        return
    for pattern in (CLASS_NAME, FUNCTION):
        match = pattern.search(text)
        if match and match.group(1) != "function":
            yield match.group(1)
            return


def _stumbled(error: BaseException, known: Dict[str, str]) -> Optional[str]:
    """Return what was not found and whose name Keras put in its place, to stumble over that, as no message tells.

    Keras 3 takes the name of a loss in an .h5 file for a config, 2.13 to 2.15 that of a layer in a .keras file for the layer.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = None if trace is None else STUMBLING.get(trace.tb_frame.f_code.co_name)
    if trace is None or place is None:
        return None
    name = trace.tb_frame.f_locals.get(place)
    return known.get(name.split(">")[-1]) if isinstance(name, str) else None
