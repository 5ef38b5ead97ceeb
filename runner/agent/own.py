"""What is the user's own: classes, the arguments that an object of such a class was made with, variables that it keeps."""

import ast
import functools
import inspect
import textwrap
from typing import Any, Dict, List, Tuple

# The packages whose classes and functions are found without their user's help; 1.15 calls itself tensorflow_core.
NOT_OWN = ("keras", "tf_keras", "tensorflow", "tensorflow_core", "builtins", "functools")

UNKNOWN = object()


def is_own(kind: Any) -> bool:
    """Say whether a class or function is the user's own."""
    return str(kind.__module__).split(".")[0] not in NOT_OWN


def made_with(value: Any) -> Dict[str, Any]:
    """Return the arguments that an object was made with, as far as it keeps them: numbers, words, flags, lists of them.

    It may keep them under their names, or under others where the code of its class shows it: `self._height = peak`. What is
    calculated of them goes by the name of the attribute.
    """
    try:
        names = list(inspect.signature(type(value).__init__).parameters)
    except (TypeError, ValueError):
        return {}
    held = getattr(value, "__dict__", {})
    kept = {name: plain(held.get(name, held.get("_" + name, UNKNOWN))) for name in names}
    for kind in type(value).__mro__:
        for attribute, name in _kept_by(kind) if is_own(kind) else ():
            if kept.get(name, UNKNOWN) is UNKNOWN:
                kept[name] = plain(held.get(attribute, UNKNOWN))
    return {name: item for name, item in kept.items() if item is not UNKNOWN}


@functools.lru_cache(maxsize=None)
def _kept_by(kind: type) -> Tuple[Tuple[str, str], ...]:
    """Return (attribute, name) of what the `__init__` of a class keeps of its arguments: the argument's name if it is just that."""
    try:
        function = ast.parse(textwrap.dedent(inspect.getsource(vars(kind)["__init__"]))).body[0]
    except (KeyError, OSError, TypeError, SyntaxError):
        return ()
    if not isinstance(function, ast.FunctionDef) or not function.args.args:
        return ()
    this, *given = [item.arg for item in function.args.args + function.args.kwonlyargs]
    found = []
    for node in ast.walk(function):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        if not targets or not {part.id for part in ast.walk(node.value or node) if isinstance(part, ast.Name)} & set(given):
            continue
        for part in (part for target in targets for part in ast.walk(target) if isinstance(part, ast.Attribute)):
            if isinstance(part.value, ast.Name) and part.value.id == this:
                found.append((part.attr, node.value.id if isinstance(node.value, ast.Name) else part.attr))
    return tuple(found)


def plain(value: Any, most: int = 1000) -> Any:
    """Return what an argument is: a number, word or flag, None, or lists and dicts of them of no more than `most`; else UNKNOWN.

    A tuple is a list, and a scalar of NumPy's is Python's own.
    """
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if not isinstance(value, (list, tuple, dict)) or len(value) > most:
        return UNKNOWN
    if isinstance(value, dict):
        # What is written by its class is written otherwise by each version.
        items = UNKNOWN if "class_name" in value else {str(key): plain(item, most) for key, item in value.items()}
        return UNKNOWN if items is UNKNOWN or UNKNOWN in items.values() else items
    # Lists with None in them are shapes.
    parts = [UNKNOWN if item is None else plain(item, most) for item in value]
    return UNKNOWN if UNKNOWN in parts else parts


def variables(value: Any, kind: type) -> List[Tuple[str, Any]]:
    """Return (attribute, variable) of the variables of TensorFlow's own `kind` that an object of the user's own class keeps."""
    held = sorted(vars(value).items()) if is_own(type(value)) else []
    return [(name, item) for name, item in held if isinstance(item, kind)]
