"""Everything an optimizer holds, through all wrappers around it, whatever version it comes from.

Wrappers (LossScaleOptimizer, Lookahead, MovingAverage) show of the optimizer inside some variables, all, or none, by version: so each
is asked for its own.
"""

import re
from typing import Any, Dict, List, Tuple

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

# Under these names wrappers keep what they wrap.
INSIDE = ("inner_optimizer", "_optimizer", "optimizer")
# Where the scale and its counter are in Keras 2 and in Keras 3; some versions hide them from the optimizer's variables.
SCALES = {"loss_scale": ("loss_scale", "dynamic_scale"), "loss_scale_counter": ("dynamic_counter", "step_counter")}
PROGRESS = ("iter", "learning_rate", "decay", "dynamic_scale", "step_counter", "current_loss_scale", "good_steps")
# A schedule is compared by what it gives at these steps.
STEPS = (*range(11), *(size * 10**power for power in range(1, 6) for size in (1, 1.5, 2, 3, 5, 7.5)))


def read(optimizer: Any) -> Dict[str, Any]:
    """Return {"class", "iterations", "hyperparameters", "names", "arrays"}; arrays are the slots, without the scalars of progress."""
    parts = chain(optimizer)
    slots = _slots(parts)
    hyperparameters = {}  # type: Dict[str, Any]
    for part in reversed(parts):
        hyperparameters.update(_hyperparameters(part))
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
    others = [value for value in vars(model).values() if hasattr(value, "apply_gradients")]
    return [variable for one in (optimizer, *others) for part in chain(one) for variable in _variables(part)]


def _slots(parts: List[Any]) -> List[Tuple[str, Any]]:
    """Return paths and values of all variables, each once."""
    found, seen = [], set()
    for part in parts:
        for variable in _variables(part):
            if id(variable) in seen:
                continue
            seen.add(id(variable))
            path, value = path_of(variable), array(variable)
            if value.ndim or not any(word in path.split("/")[-1] for word in PROGRESS):
                found.append((path, value))
    return found


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
    schedule = _schedule(part)
    if not found.get("use_ema"):
        # Without averages their settings decide nothing, and defaults differ.
        found = {name: value for name, value in found.items() if not name.startswith("ema_")}
    if callable(getattr(part, "exclude_from_weight_decay", None)) and getattr(part, "weight_decay", None):
        found["excluded from weight decay"] = _excluded(part)
    if schedule is not None:
        found["learning_rate"] = type(schedule).__name__
        found.update(_numbers_of(schedule))
        found.update({"learning_rate at step %d" % step: float(array(schedule(int(step)))) for step in STEPS})
    for name, places in SCALES.items():
        held = [getattr(part, place, None) for place in places if hasattr(type(part), place) or place in vars(part)]
        if held and held[0] is not None:
            found[name] = float(array(held[0]))
    return found


def _excluded(part: Any) -> str:
    """Return in words what an optimizer's weight decay leaves alone: parts of names, and how many variables."""
    pattern = getattr(part, "_exclude_from_weight_decay_pattern", None)
    names = getattr(part, "_exclude_from_weight_decay_names", None) or (pattern.pattern.split("|") if pattern else [])
    given = getattr(part, "_exclude_from_weight_decay", None) or []
    return ", ".join([*sorted(str(name) for name in names), *(["%d variables" % len(given)] if given else [])]) or "nothing"


def _numbers_of(schedule: Any) -> Dict[str, float]:
    """Return the numbers in a schedule's config by name: what lies between the steps that are looked at shows there."""
    try:
        config = schedule.get_config()
    except Exception:
        return {}
    lists = {key: value if isinstance(value, (list, tuple)) else [value] for key, value in config.items()}
    found = {}
    for key, values in lists.items():
        for index, value in enumerate(values):
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found["schedule's %s%s" % (key, " %d" % index if len(values) > 1 else "")] = float(value)
    return found


def _schedule(part: Any) -> Any:
    """Return the schedule that gives the learning rate, or None."""
    held = getattr(part, "_learning_rate", None)
    if held is None:
        held = (getattr(part, "_hyper", None) or {}).get("learning_rate")
    return held if callable(held) and hasattr(type(held), "get_config") else None
