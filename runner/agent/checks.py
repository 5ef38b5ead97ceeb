"""The ladder: each check compares one thing of the loaded model with what the producer recorded."""

from itertools import permutations
from typing import Any, Callable, Dict, List, Optional, Tuple

from agent import configuration, state
from agent.fixture import Fixture
from agent.nearness import distance, within
from agent.report import Report

HYPERPARAMETER_TOLERANCE = 1e-6


def structure(report: Report, expected: Dict[str, Any], model: Any) -> None:
    """Compare variables by shape, dtype and trainable flag, and the layers that hold them."""
    found = state.weights(model)["meta"]

    def shown(items: List[Dict[str, Any]]) -> List[str]:
        return sorted("%s %s %s" % (item["shape"], item["dtype"], "trainable" if item["trainable"] else "frozen") for item in items)

    wanted, seen = shown(expected["meta"]), shown(found)
    layers = state.layers(model)
    frozen = {item["name"]: item["trainable"] for item in expected["layers"]}
    thawed = [item["name"] for item in layers if item["name"] in frozen and frozen[item["name"]] != item["trainable"]]
    detail = {}  # type: Dict[str, Any]
    if wanted != seen:
        detail["missing"] = [item for item in wanted if item not in seen][:20]
        detail["unexpected"] = [item for item in seen if item not in wanted][:20]
        detail["expected_count"], detail["found_count"] = len(wanted), len(seen)
    if thawed:
        detail["trainable_differs"] = thawed
    if [item["class"] for item in expected["layers"]] != [item["class"] for item in layers]:
        detail["layer_classes"] = [item["class"] for item in layers]
    report.check("structure", "failed" if wanted != seen or thawed else "passed", **detail)


def weights(report: Report, expected: Dict[str, Any], found: Dict[str, Any]) -> Optional[List[int]]:
    """Compare weights bit by bit. Return for each expected weight the index of the found one, or None if they differ.

    By name and shape where the names of both sides agree and tell the weights apart. Names differ between versions: then as a multiset.
    """
    wanted_keys = [(item["name"], tuple(item["shape"])) for item in expected["meta"]]
    found_keys = [(item["name"], tuple(item["shape"])) for item in found["meta"]]
    named = len(set(wanted_keys)) == len(wanted_keys) and set(wanted_keys) == set(found_keys) and len(found_keys) == len(wanted_keys)
    if named:
        order = [found_keys.index(key) for key in wanted_keys]
        gaps = [distance(value, found["arrays"][index]) for value, index in zip(expected["weights"], order)]
        wrong = [name for (name, _), gap in zip(wanted_keys, gaps) if gap != 0.0]
        report.check("weights", "failed" if wrong else "passed", max(gaps), matched_by="name", differing=wrong[:20])
        return None if wrong else order
    free = list(range(len(found["arrays"])))
    matched = []  # type: List[int]
    absent, worst = [], 0.0
    for (name, _), value in zip(wanted_keys, expected["weights"]):
        gaps = {index: distance(value, found["arrays"][index]) for index in free}
        best = min(gaps, key=lambda index: gaps[index]) if gaps else None
        if best is None or gaps[best] != 0.0:
            absent.append(name)
            worst = max(worst, gaps[best] if best is not None else float("inf"))
        else:
            matched.append(best)
            free.remove(best)
    extra = [found["meta"][index]["name"] for index in free] if not absent else []
    bad = bool(absent or extra)
    report.check("weights", "failed" if bad else "passed", worst, matched_by="value", differing=absent[:20], unexpected=extra[:20])
    return None if bad else matched


def contained_weights(report: Report, expected: Dict[str, Any], variables: List[Any]) -> None:
    """For loaders that give no model: every expected weight must be among the variables."""
    arrays = [state.array(variable) for variable in variables]
    absent = [
        item["name"]
        for item, value in zip(expected["meta"], expected["weights"])
        if not any(distance(value, other) == 0.0 for other in arrays)
    ]
    report.check("weights", "failed" if absent else "passed", matched_by="value", differing=absent[:20])


def outputs(
    request: Dict[str, Any],
    report: Report,
    fixture: Fixture,
    expected: Dict[str, Any],
    call: Callable[[Any], List[List[Any]]],
    ordered: bool,
) -> None:
    """Compare outputs within the tolerance, for the usual inputs and then for awkward ones.

    `call` returns candidates for the outputs of some inputs, which count alike; unordered ones are matched by shape and value.
    What raises for the usual inputs is raised; what raises for awkward ones only is told.
    """
    candidates = call(fixture.inputs())
    good, gap = _nearest(request, expected["outputs"], candidates, ordered)
    count = len(candidates[0])
    wrong = "%d outputs instead of %d" % (count, len(expected["outputs"])) if count != len(expected["outputs"]) else None
    differing, raised = [] if good else ["the usual inputs"], []
    for index, (name, scale, inputs) in enumerate(item for item in fixture.further() if item[0] in expected["further_names"]):
        size = len(expected["outputs"])
        try:
            found = call(inputs)
        except Exception as error:
            raised.append("%s: %s: %s" % (name, type(error).__name__, str(error)[:300]))
            continue
        alike, distant = _nearest(request, expected["further"][index * size : (index + 1) * size], found, ordered, scale)
        gap = max(gap, distant / scale)
        if not alike:
            differing.append(name)
    report.check(
        "outputs",
        "failed" if differing or raised else "passed",
        gap,
        reason="predict-raised" if raised and not differing else None,
        bit_equal=gap == 0.0,
        count=wrong,
        differing=differing,
        raised=raised,
    )


def _nearest(
    request: Dict[str, Any], expected: List[Any], candidates: List[List[Any]], ordered: bool, scale: float = 1.0
) -> Tuple[bool, float]:
    """Return whether one of the candidates is right, and the largest difference of the nearest."""
    best = None  # type: Optional[Tuple[bool, float]]
    for found in candidates:
        for arrangement in [found] if ordered else _arrangements(expected, found):
            if len(arrangement) != len(expected):
                result = (False, float("inf"))
            else:
                gaps = [distance(one, other) for one, other in zip(expected, arrangement)]
                good = all(within(request, one, other, scale) for one, other in zip(expected, arrangement))
                result = (good, max(gaps))
            if best is None or (not result[0], result[1]) < (not best[0], best[1]):
                best = result
    assert best is not None
    return best


def signature(report: Report, expected: Dict[str, Any], found: Dict[str, Any]) -> None:
    """Compare what a serving signature takes and gives with the model's own inputs and outputs, by dtype and shape, in any order."""
    problems = []
    for side in ("inputs", "outputs"):
        wanted, left = expected["interface"][side], list(found[side])
        for item in wanted:
            same = next((other for other in left if _fits(item, other)), None)
            if same is None:
                problems.append("no %s of %s %s among %s" % (side[:-1], item["dtype"], item["shape"], left))
            else:
                left.remove(same)
        if len(found[side]) > len(wanted):
            problems.append("%d %s instead of %d" % (len(found[side]), side, len(wanted)))
    report.check("signature", "failed" if problems else "passed", reason="signature-differs" if problems else None, problems=problems)


def _fits(item: Dict[str, Any], other: Dict[str, Any]) -> bool:
    if item["dtype"] != other["dtype"]:
        return False
    if other["shape"] is None:
        return True
    return len(item["shape"]) == len(other["shape"]) and all(
        one == two or None in (one, two) for one, two in zip(item["shape"], other["shape"])
    )


def config(report: Report, expected: Dict[str, Any], model: Any) -> None:
    """Compare what a whole model holds besides values."""
    problems = configuration.differences(expected["configuration"], configuration.read(model))
    report.check("config", "failed" if problems else "passed", problems=problems[:20])


def _arrangements(expected: List[Any], found: List[Any]) -> List[List[Any]]:
    """Return the orders of outputs whose shapes fit: a signature names its outputs as its version likes."""
    if len(found) != len(expected) or len(found) > 5:
        return [found]
    shapes = [value.shape for value in expected]
    fitting = [list(order) for order in permutations(found) if [value.shape for value in order] == shapes]
    return fitting or [found]


def compiled(report: Report, expected: Dict[str, Any], model: Any) -> None:
    """Compare whether the model is compiled, and with which loss."""
    if not expected["compiled"]:
        return report.check("compile", "not-applicable")
    if getattr(model, "optimizer", None) is None:
        return report.check("compile", "failed", reason="compile-lost", found="not compiled")
    wanted, found = expected["loss"], state.loss_name(model)
    return report.check(
        "compile",
        "passed" if wanted == found else "failed",
        reason=None if wanted == found else "compile-lost",
        expected=wanted,
        found=found,
    )


def metrics(report: Report, expected: Dict[str, Any], found: List[str]) -> None:
    """Compare the metrics that a compiled model told at its next step; they are lost if it was compiled without them."""
    lost = sorted(set(expected["metrics"]) - set(found))
    if lost and report.facts["checks"]["compile"]["result"] == "passed":
        report.check(
            "compile", "failed", reason="compile-lost", expected="the metrics %s" % ", ".join(lost), found=", ".join(found) or "none"
        )


def optimizer(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Optional[Dict[str, Any]]) -> bool:
    """Compare class, iterations, hyperparameters and slots. Return True when slots do not exist yet and the next step must tell."""
    wanted = expected["optimizer"]
    if found is None:
        report.check("optimizer", "failed", reason="optimizer-lost", found="none")
        return False
    problems = []
    if _class(wanted["class"]) != _class(found["class"]):
        problems.append("class: %s instead of %s" % (found["class"], wanted["class"]))
    for name, value in sorted(wanted["hyperparameters"].items()):
        other = found["hyperparameters"].get(name)
        if other is not None and not _close(value, other):
            problems.append("%s: %r instead of %r" % (name, other, value))
    slots = [value for value in expected["slots"] if value.size and value.any()]
    gaps = [min([distance(value, other) for other in found["arrays"]] or [float("inf")]) for value in slots]
    absent = sum(1 for gap in gaps if gap != 0.0)
    detail = {"iterations": found["iterations"], "slots_expected": len(slots), "slots_found": len(slots) - absent}
    if not problems and absent and len(found["arrays"]) < len(expected["slots"]):
        return True
    fresh = found["iterations"] == 0 and absent == len(slots)
    if found["iterations"] != wanted["iterations"]:
        problems.append("iterations: %d instead of %d" % (found["iterations"], wanted["iterations"]))
    if absent:
        problems.append("%d of %d slots differ" % (absent, len(slots)))
    reason = None if not problems else "optimizer-lost" if fresh else "optimizer-differs"
    report.check("optimizer", "failed" if problems else "passed", max(gaps or [0.0]), reason=reason, problems=problems, **detail)
    return False


def late_optimizer(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Dict[str, Any], like: str) -> None:
    """Compare what an optimizer holds that made its slots at the step just taken; `like` is what that step told."""
    wanted = expected["optimizer"]["next_iterations"]
    slots = [value for value in expected["next_slots"] if value.size and value.any()]
    absent = sum(1 for value in slots if not any(within(request, value, other) for other in found["arrays"]))
    problems = {"next": [], "fresh": ["the step was that of a fresh optimizer"], "neither": ["the step was another one"]}[like]
    if found["iterations"] != wanted:
        problems.append("iterations after the step: %d instead of %d" % (found["iterations"], wanted))
    if absent:
        problems.append("%d of %d slots differ after the step" % (absent, len(slots)))
    reason = None if not problems else "optimizer-lost" if like == "fresh" else "optimizer-differs"
    seen = "the next step: its slots are restored when they are created"
    report.check("optimizer", "failed" if problems else "passed", reason=reason, problems=problems, seen_through=seen)


def _class(name: str) -> str:
    return name.lower().replace("_", "")


def _close(one: Any, other: Any) -> bool:
    if isinstance(one, (bool, str)) or isinstance(other, (bool, str)):
        return bool(one == other)
    return abs(one - other) <= HYPERPARAMETER_TOLERANCE * max(1e-3, abs(one), abs(other))


def train_step(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: List[Any]) -> str:
    """Compare the weights after one more step with both references. Return "next", "fresh" or "neither".

    `next` is what the producer's model did, `fresh` what the same weights with a new optimizer would have done.
    """

    def all_within(reference: List[Any]) -> bool:
        return len(reference) == len(found) and all(within(request, one, other) for one, other in zip(reference, found))

    def furthest(reference: List[Any], other: List[Any]) -> float:
        return max([distance(one, two) for one, two in zip(reference, other)] or [float("inf")])

    gap = furthest(expected["next"], found)
    apart = not all(within(request, one, other) for one, other in zip(expected["next"], expected["fresh"]))
    if all_within(expected["next"]):
        report.check("train-step", "passed", gap, told_apart=apart)
        return "next"
    fresh = all_within(expected["fresh"])
    report.check(
        "train-step", "failed", gap, reason="optimizer-lost" if fresh else "train-step-differs", like_fresh=fresh, told_apart=apart
    )
    return "fresh" if fresh else "neither"
