"""What a model is compiled with, beyond the optimizer: what its losses and metrics were made with, weights of losses, weighted metrics.

On the data of a fixture many of these change no value, as the limit of a Huber loss that no error reaches.
"""

from typing import Any, Dict, List, Tuple

from agent import custom
from agent.nearness import same
from agent.own import UNKNOWN, is_own, made_with, plain

# Each Keras has words of its own for how a loss is reduced; its value shows it.
KERAS = "Keras's "
LEFT_OUT = ("name", "dtype", "reduction", "fn")
# What Keras makes itself, of names and functions and to count with.
MADE_BY_KERAS = ("Mean", "MeanMetricWrapper", "LossFunctionWrapper")
HOLDERS = {
    "loss_weights": (("compiled_loss", "_compile_loss"), "_user_loss_weights"),
    "weighted metrics": (("compiled_metrics", "_compile_metrics"), "_user_weighted_metrics"),
}


def read(model: Any) -> Dict[str, Any]:
    """Return {"made": by `Class: argument` or `Keras's Class: argument` the values that it has, "given": by name what compile got}."""
    made = {}  # type: Dict[str, List[Any]]
    for part in custom.parts([(getattr(model, name, None), 3) for name in custom.COMPILED[1:]]):
        if isinstance(part, custom.NAMED):
            continue
        for name, value in (made_with(part) if is_own(type(part)) else _settings(part)).items():
            owner = "" if is_own(type(part)) else KERAS
            held = made.setdefault("%s%s: %s" % (owner, type(part).__name__, name), [])
            if name not in LEFT_OUT and value not in held:
                held.append(value)
    single = {key: values[0] if len(values) == 1 else sorted(values, key=repr) for key, values in made.items() if values}
    return {"made": single, "given": dict(_given(model))}


def differences(expected: Dict[str, Any], model: Any) -> List[str]:
    """Return in words what a model is compiled with otherwise, of what both sides tell."""
    found = read(model)
    pairs = [(name, value, found["made"].get(name, value)) for name, value in sorted(expected["made"].items())]
    given = [(name, value, found["given"].get(name, value)) for name, value in sorted(expected["given"].items())]
    # The same may be a list here and a dict there.
    pairs += [(name, value, other) for name, value, other in given if value is not None and (other is None or type(value) is type(other))]
    return ["%s is %r instead of %r" % (name, other, value) for name, value, other in pairs if not same(value, other, least=1e-8)]


def _settings(part: Any) -> Dict[str, Any]:
    """Return the numbers, words and flags that a loss or metric of Keras's own was made with: its config may leave out some."""
    kind = type(part)
    if kind.__name__ in MADE_BY_KERAS or not (hasattr(kind, "update_state") or hasattr(part, "reduction")):
        return {}
    try:
        config = dict(part.get_config())
    except Exception:
        config = {}
    config.update(getattr(part, "_fn_kwargs", None) or {})
    settings = {name: plain(value) for name, value in config.items()}
    return {name: value for name, value in settings.items() if value is not UNKNOWN and value is not None}


def _given(model: Any) -> List[Tuple[str, Any]]:
    """Return (name, value) of what the model was compiled with, as far as this version keeps it."""
    found = []
    for name, (places, attribute) in HOLDERS.items():
        holders = [getattr(model, place, None) for place in places]
        values = [vars(holder)[attribute] for holder in holders if attribute in getattr(holder, "__dict__", {})]
        if values:
            value = plain(values[0]) if name == "loss_weights" else len(_leaves(values[0]))
            found += [] if value is UNKNOWN else [(name, value)]
    return found


def _leaves(value: Any) -> List[Any]:
    if isinstance(value, (list, tuple, dict)):
        return [leaf for item in (value.values() if isinstance(value, dict) else value) for leaf in _leaves(item)]
    return [] if value is None else [value]
