"""Everything an optimizer holds, through all wrappers around it, whatever version it comes from.

Wrappers (LossScaleOptimizer, Lookahead, MovingAverage) show of the optimizer inside some variables, all, or none, by version: so each
is asked for its own.
"""

import re
from typing import Any, Dict, List, Tuple

from agent import own
from agent.state import array, path_of

# Names under which versions keep the same hyperparameter; values that no user set are left to the version.
HYPERPARAMETERS = ("learning_rate", "momentum", "nesterov", "rho", "beta_1", "beta_2", "epsilon", "centered", "amsgrad", "weight_decay")
HYPERPARAMETERS += ("initial_accumulator_value", "learning_rate_power", "l1_regularization_strength", "l2_regularization_strength")
HYPERPARAMETERS += ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency")
HYPERPARAMETERS += ("initial_scale", "dynamic_growth_steps", "decay", "gradient_accumulation_steps", "loss_scale_factor")
# Of tensorflow-addons.
HYPERPARAMETERS += ("weight_decay_rate", "sync_period", "slow_step_size", "average_decay", "start_averaging", "average_period")
# What an optimizer of the user's own may leave out of its config.
SETTINGS = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum")
# What an own class may be told as well: what it is called, and how it is computed.
LEFT_OUT = ("name", "jit_compile")

# Under these names wrappers keep what they wrap.
INSIDE = ("inner_optimizer", "_optimizer", "optimizer")
# Where the scale and its counter are in Keras 2 and in Keras 3; some versions hide them from the optimizer's variables.
SCALES = {"loss_scale": ("loss_scale", "dynamic_scale"), "loss_scale_counter": ("dynamic_counter", "step_counter")}
PROGRESS = ("iter", "learning_rate", "decay", "dynamic_scale", "step_counter", "current_loss_scale", "good_steps")
# As attributes, where they are no slots either.
COUNTED = ("iterations", "learning_rate", "current_learning_rate")
# A schedule is compared by what it gives at these steps.
STEPS = (*range(11), *(size * 10**power for power in range(1, 6) for size in (1, 1.5, 2, 3, 5, 7.5)))


def read(optimizer: Any, model: Any) -> Dict[str, Any]:
    """Return {"class", "iterations", "hyperparameters", "names", "arrays"}; arrays are the slots, without the scalars of progress.

    What other optimizers hold, which this one or the model has under other names, is among them with that name before it.
    """
    parts = chain(optimizer)
    slots = _slots(parts)
    hyperparameters = {}  # type: Dict[str, Any]
    for part in reversed(parts):
        hyperparameters.update(_hyperparameters(part))
    for name, other in _others(parts, model):
        inside = chain(other)
        slots += [("%s %s" % (name, path), value) for path, value in _slots(inside)]
        hyperparameters["%s iterations" % name] = _iterations(inside)
        for part in reversed(inside):
            hyperparameters.update(("%s %s" % (name, key), value) for key, value in _hyperparameters(part).items())
    return {
        "class": shown_class(parts),
        "iterations": _iterations(parts),
        "hyperparameters": hyperparameters,
        "names": [name for name, _ in slots],
        "arrays": [value for _, value in slots],
    }


def chain(optimizer: Any) -> List[Any]:
    """Return the optimizer, and what it wraps, from the outside in."""
    parts = [optimizer]
    while len(parts) < 10:
        held = vars(parts[-1]) if hasattr(parts[-1], "__dict__") else {}
        inside = [held[name] for name in INSIDE if hasattr(held.get(name), "apply_gradients")]
        if not inside or any(inside[0] is part for part in parts):
            break
        parts.append(inside[0])
    return parts


def _others(parts: List[Any], model: Any) -> List[Tuple[str, Any]]:
    """Return the optimizers beside the first one, with the names under which its user keeps them."""
    held = [pair for owner in (*parts, model) for pair in sorted(getattr(owner, "__dict__", {}).items())]
    known = {id(part) for part in parts}
    return [(name, value) for name, value in held if _is_other(name, value) and id(value) not in known]


def _is_other(name: str, value: Any) -> bool:
    return hasattr(value, "apply_gradients") and name not in INSIDE and not name.startswith("_")


def make_slots(optimizer: Any, model: Any) -> None:
    """Have an optimizer make its slots before its first step, as far as its version can: values that wait for them are restored then."""
    for part in chain(optimizer):
        make = getattr(part, "build", None) or getattr(part, "_create_all_weights", None)
        if make is not None:
            make(model.trainable_variables)


def shown_class(parts: List[Any]) -> str:
    """Return the class, and in brackets that of what it wraps: `LossScaleOptimizer(SGD)`; versions of a class are told by no name."""
    names = [re.sub(r"V\d+$", "", type(part).__name__) for part in parts]
    return "(".join(names) + ")" * (len(names) - 1)


def _iterations(parts: List[Any]) -> int:
    """Return the count of the innermost that counts: a wrapper may have one of its own that stands still."""
    for part in reversed(parts):
        # Asked for by its public name some would make the variable now, and change what a later save or load finds.
        if getattr(part, "_iterations", None) is not None:
            return int(array(part.iterations))
    return int(array(parts[0].iterations))


def variables(model: Any, optimizer: Any) -> List[Any]:
    """Return all variables of an optimizer and of those that a model keeps under names of its user's; some perhaps twice."""
    others = [other for _, other in _others(chain(optimizer), model)]
    parts = [part for one in (optimizer, *others, *filter(None, [getattr(model, "optimizer", None)])) for part in chain(one)]
    return [variable for part in parts for variable in _variables(part) + [held for _, held in _beside(part)]]


def _slots(parts: List[Any]) -> List[Tuple[str, Any]]:
    """Return paths and values of all variables, each once."""
    found, seen = [], set()
    for part in parts:
        # Some versions keep a momentum that is nought, and what it would be of: that decides nothing.
        idle = type(part).__name__ == "SGD" and not own.is_own(type(part)) and not getattr(part, "momentum", True)
        idle = idle and not getattr(part, "use_ema", False)
        for variable in _variables(part):
            if id(variable) in seen or (idle and array(variable).ndim):
                continue
            seen.add(id(variable))
            path, value = path_of(variable), array(variable)
            if value.ndim or not any(word in path.split("/")[-1] for word in PROGRESS):
                found.append((path, value))
        found += [(name, array(variable)) for name, variable in _beside(part) if id(variable) not in seen]
    return found


def _beside(part: Any) -> List[Tuple[str, Any]]:
    """Return (attribute, variable) of what an optimizer class of the user's own keeps beside its slots: counters, lists of copies."""
    import tensorflow as tf

    found = [(name, held) for name, held in own.variables(part, tf.Variable) if name.strip("_") not in COUNTED]
    lists = [(name, value) for name, value in sorted(vars(part).items()) if own.is_own(type(part)) and isinstance(value, (list, tuple))]
    return found + [(name, item) for name, value in lists for item in value if isinstance(item, tf.Variable)]


def _variables(part: Any) -> List[Any]:
    """Return the variables under both names they have had; a wrapper may raise at one of them."""
    found = []
    for name in ("variables", "weights"):
        try:
            known = getattr(part, name, [])
            found += list(known() if callable(known) else known)
        except AttributeError:
            continue
    return found


def _hyperparameters(part: Any) -> Dict[str, Any]:
    """Return what the optimizer was made with, by name."""
    try:
        raw = part.get_config()
    except Exception:
        # A schedule without a config of its own forbids that of the optimizer; other configs were written for another version.
        raw = {name: getattr(part, name) for name in HYPERPARAMETERS if hasattr(part, name)}
    raw.update({name: getattr(part, name) for name in SETTINGS if hasattr(part, name)})
    found = {}  # type: Dict[str, Any]
    for name in HYPERPARAMETERS:
        value = raw.get(name)
        if value is None and name in raw:
            found[name] = None
        elif isinstance(value, (bool, str)):
            found[name] = value
        elif isinstance(value, (int, float)) or hasattr(value, "numpy") or hasattr(value, "item"):
            found[name] = float(array(value))
        elif isinstance(value, dict):
            found[name] = value.get("class_name", "schedule")
    if own.is_own(type(part)):
        # A config of the user's own may leave out what decides some steps later.
        found.update({name: value for name, value in _own_settings(part).items() if name not in (*HYPERPARAMETERS, *LEFT_OUT)})
    schedules = {name: _schedule(part, name) for name in HYPERPARAMETERS}
    if not found.get("use_ema"):
        # Without averages their settings decide nothing, and defaults differ.
        found = {name: value for name, value in found.items() if not name.startswith("ema_")}
    if callable(getattr(part, "exclude_from_weight_decay", None)) and getattr(part, "weight_decay", None):
        found["excluded from weight decay"] = _excluded(part)
    for name, schedule in schedules.items():
        if schedule is not None:
            found[name] = type(schedule).__name__
            found.update(_numbers_of(schedule, "schedule" if name == "learning_rate" else "schedule of %s" % name))
            found.update({"%s at step %d" % (name, step): float(array(schedule(int(step)))) for step in STEPS})
    for name, places in SCALES.items():
        held = [getattr(part, place, None) for place in places if hasattr(type(part), place) or place in vars(part)]
        if held and held[0] is not None:
            found[name] = float(array(held[0]))
    return found


def _own_settings(part: Any) -> Dict[str, Any]:
    """Return what an optimizer class of the user's own was made with; the older classes keep numbers in a place of their own."""
    numbers = {name: value for name, value in (getattr(part, "_hyper", None) or {}).items() if not callable(value)}
    return {**{name: float(array(value)) for name, value in numbers.items()}, **own.made_with(part)}


def _excluded(part: Any) -> str:
    """Return in words what an optimizer's weight decay leaves alone: parts of names, and how many variables."""
    pattern = getattr(part, "_exclude_from_weight_decay_pattern", None)
    names = getattr(part, "_exclude_from_weight_decay_names", None) or (pattern.pattern.split("|") if pattern else [])
    given = getattr(part, "_exclude_from_weight_decay", None) or []
    return ", ".join([*sorted(str(name) for name in names), *(["%d variables" % len(given)] if given else [])]) or "nothing"


def _numbers_of(schedule: Any, called: str) -> Dict[str, float]:
    """Return the numbers in a schedule's config by name, and those that one of the user's own was made with.

    What lies between the steps that are looked at, or after them, shows there.
    """
    try:
        config = dict(schedule.get_config())
    except Exception:
        config = {}
    if own.is_own(type(schedule)):
        config.update(own.made_with(schedule))
    lists = {key: value if isinstance(value, (list, tuple)) else [value] for key, value in config.items()}
    found = {}
    for key, values in lists.items():
        for index, value in enumerate(values):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found["%s's %s%s" % (called, key, " %d" % index if len(values) > 1 else "")] = float(value)
    return found


def _schedule(part: Any, name: str) -> Any:
    """Return the schedule that gives a hyperparameter, or None."""
    held = getattr(part, "_" + name, None)
    if held is None:
        held = (getattr(part, "_hyper", None) or {}).get(name)
    return held if callable(held) and hasattr(type(held), "get_config") else None
