"""The rungs of the ladder that are about going on with training: how a model is compiled, its optimizer, and the next step."""

from typing import Any, Dict, List, Mapping, Optional, Tuple

from agent import compiled_with, rounding, state
from agent.nearness import distance, same, size_of, tolerance, within
from agent.report import Report

# What a schedule gives at a step is calculated, and nought is not always just that.
CALCULATED, GIVEN = 1e-3, 1e-8


def compiled(report: Report, expected: Dict[str, Any], model: Any) -> None:
    """Compare whether the model is compiled, with which loss, and what its losses and metrics were made with."""
    if not expected["compiled"]:
        return report.check("compile", "not-applicable")
    if getattr(model, "optimizer", None) is None:
        return report.check("compile", "failed", reason="compile-lost", found="not compiled")
    wanted, found = expected["loss"], state.loss_name(model)
    if wanted != found:
        return report.check("compile", "failed", reason="compile-lost", expected=wanted, found=found)
    problems = compiled_with.differences(expected["compiled_with"], model)
    reason = "compile-lost" if problems else None
    return report.check("compile", "failed" if problems else "passed", reason=reason, expected=wanted, found=found, problems=problems[:20])


def metrics(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Dict[str, Optional[float]]) -> None:
    """Compare what a compiled model told at its next step: metrics are lost if it was compiled without them, and a loss or metric
    of the same name that gives another value of the same outputs is another one.
    """
    if report.facts["checks"]["compile"]["result"] != "passed":
        return
    # Not every version tells the losses of each output.
    lost = sorted(name for name in set(expected["metrics"]) - set(found) if not name.endswith("loss"))
    renamed = {name: _renamed(name, expected["metrics"], found) for name in lost}
    if lost and all(renamed.values()):
        report.check("compile", "failed", reason="compile-lost", renamed=["%s is called %s" % pair for pair in sorted(renamed.items())])
        return
    if lost:
        seen = ", ".join(sorted(found))
        report.check("compile", "failed", reason="compile-lost", expected="the metrics %s" % ", ".join(lost), found=seen or "none")
        return
    right = all(report.facts["checks"][name]["result"] == "passed" for name in ("weights", "outputs"))
    if not right or (expected["chance"] and not expected["evaluated"]):
        return
    values = _otherwise(request, expected, expected["metrics"], found)
    if values:
        report.check("compile", "failed", reason="compile-lost", values=values)


def tested(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Dict[str, float]) -> None:
    """Compare what a test step of the model's own class tells."""
    values = _otherwise(request, expected, expected["tested"], found)
    if values:
        report.check("compile", "failed", reason="compile-lost", values=values, told_by="its own test_step")


def _otherwise(request: Dict[str, Any], expected: Dict[str, Any], wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Dict[str, Any]:
    """Return by name which of the values are others than those wanted."""
    types = [value.dtype.name for value in expected["outputs"] if value.dtype.kind not in "OSUiub"] + expected["computed_in"]
    noise = [tolerance(request, name) for name in types]
    # A mean over squares is less exact than what it is of.
    absolute, relative = (10 * max(part) for part in zip((1e-5, 1e-5), *noise))
    absolute += 10 * rounding.largest(expected["noise"])
    values = {
        name: {"expected": value, "found": found[name]}
        for name, value in sorted(wanted.items())
        if value is not None and found.get(name) is not None and abs(value - found[name]) > absolute + relative * abs(value)
    }
    # Some versions tell the loss of an output with its weight, others without it: what they come to tells.
    parts = ["%s_loss" % name for name in expected["output_names"]] if "loss" in wanted and "loss" not in values else []
    return {name: value for name, value in values.items() if name not in parts}


def _renamed(name: str, expected: Dict[str, Optional[float]], found: Dict[str, Optional[float]]) -> Optional[str]:
    """Return under which name that is new a metric tells what it did."""
    value = expected[name]
    others = [(other, told) for other, told in sorted(found.items()) if other not in expected and None not in (value, told)]
    return next((other for other, told in others if abs((value or 0.0) - (told or 0.0)) <= 1e-4 * max(1e-3, abs(value or 0.0))), None)


def optimizer(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Optional[Dict[str, Any]]) -> Optional[List[str]]:
    """Compare class, iterations, hyperparameters and slots.

    Where slots do not exist yet the next step must tell: return what differs so far.
    """
    wanted = expected["optimizer"]
    if found is None:
        report.check("optimizer", "failed", reason="optimizer-lost", found="none")
        return None
    problems = []
    if _class(wanted["class"]) != _class(found["class"]):
        problems.append("class: %s instead of %s" % (found["class"], wanted["class"]))
    # A schedule has many steps: the first ones first.
    for name, value in sorted(wanted["hyperparameters"].items(), key=lambda item: (len(item[0]), item[0])):
        # A word that this version does not know says nothing; one that it knows and has no value for does.
        other = found["hyperparameters"].get(name, value)
        if not _close(name, value, other):
            problems.append("%s: %r instead of %r" % (name, other, value))
    slots = _paired(wanted["names"], expected["slots"], found)
    gaps = [min([distance(value, other) for other in others] or [float("inf")]) for _, value, others, _ in slots]
    lost = [name for (name, _, _, _), gap in zip(slots, gaps) if gap != 0.0]
    absent = len(lost)
    detail = {"class": found["class"], "iterations": found["iterations"], "slots_expected": len(slots), "slots_found": len(slots) - absent}
    if lost:
        detail["slots_differing"] = lost[:10]
    if absent and len(found["arrays"]) < len(expected["slots"]):
        if problems:
            # The step may raise, and then nothing more is told.
            report.check("optimizer", "failed", reason="optimizer-differs", problems=problems[:20])
        return problems
    fresh = found["iterations"] == 0 and absent == len(slots)
    if found["iterations"] != wanted["iterations"]:
        problems.append("iterations: %d instead of %d" % (found["iterations"], wanted["iterations"]))
    if absent:
        problems.append("%d of %d slots differ" % (absent, len(slots)))
    reason = None if not problems else "optimizer-lost" if fresh else "optimizer-differs"
    report.check("optimizer", "failed" if problems else "passed", max(gaps or [0.0]), reason=reason, problems=problems[:20], **detail)
    return None


def late_weights(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Dict[str, Any]) -> str:
    """Compare the weights of a model some of which the step just taken has made, by what they are after it. Returns what the step told."""
    order = state.pairing(expected["meta"], found["meta"]) or range(len(found["arrays"]))
    like = train_step(request, report, expected, [found["arrays"][index] for index in order])
    seen = "the next step, which makes some of them: their values wait for that"
    report.check("weights", "failed" if like == "neither" else "passed", seen_through=seen)
    return like


def late_optimizer(
    request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Dict[str, Any], like: str, so_far: List[str]
) -> None:
    """Compare what an optimizer holds that made its slots at the step just taken; `like` is what that step told."""
    wanted = expected["optimizer"]["next_iterations"]
    absent, count = _slots_after(request, expected, found)
    told = {"next": [], "fresh": ["the step was that of a fresh optimizer"], "neither": ["the step was another one"]}
    problems = so_far + told[like]
    if found["iterations"] != wanted:
        problems.append("iterations after the step: %d instead of %d" % (found["iterations"], wanted))
    if absent:
        problems.append("%d of %d slots differ after the step" % (absent, count))
    reason = None if not problems else "optimizer-lost" if like == "fresh" else "optimizer-differs"
    seen = "the next step: its slots are restored when they are created"
    report.check("optimizer", "failed" if problems else "passed", reason=reason, problems=problems[:20], seen_through=seen)


def slots_after(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: Dict[str, Any]) -> None:
    """Compare what a step that led to the right weights left in slots that were right before it.

    Under a small learning rate weights hardly move, whatever the gradients were; slots do.
    """
    absent, count = _slots_after(request, expected, found)
    if absent:
        detail = report.facts["checks"]["train-step"]["detail"]
        detail["slots"] = "%d of %d slots differ after the step" % (absent, count)
        report.check("train-step", "failed", reason="train-step-differs", **detail)


def _slots_after(request: Dict[str, Any], expected: Dict[str, Any], found: Dict[str, Any]) -> Tuple[int, int]:
    """Return how many slots are not what the producer's next step left, and of how many."""
    slots = _paired(expected["optimizer"]["next_names"], expected["next_slots"], found, expected["slot_noise"])

    def right(_: str, value: Any, others: List[Any], noise: float) -> bool:
        return any(_alike(request, expected, value, other, size_of(value), noise, least=0.0) for other in others)

    return sum(1 for slot in slots if not right(*slot)), len(slots)


def _paired(
    names: List[str], slots: List[Any], found: Dict[str, Any], noise: Optional[List[float]] = None
) -> List[Tuple[str, Any, List[Any], float]]:
    """Return each slot that is not all zeros, by its path, with those found that it may be: that of its path, or all where paths differ.

    With each comes how much of it is a matter of rounding, of those of `noise`.
    """
    pairs = state.matched_by(names, found["names"])
    others = [[found["arrays"][index]] for index in pairs] if pairs else [found["arrays"]] * len(slots)
    parts = zip(names, slots, others, noise or [0.0] * len(slots))
    return [item for item in parts if item[1].size and item[1].any()]


def _alike(request: Dict[str, Any], expected: Dict[str, Any], one: Any, other: Any, step: float, noise: float, least: float = 1e-4) -> bool:
    """Say whether values that a step of the size `step` gave agree: what was computed in a narrower type has ten times its noise.

    `noise` is how much of them was seen to be a matter of rounding. Smaller than `least` no step counts.
    """
    allowed = rounding.TIMES * noise
    coarse = 10 * max([tolerance(request, name)[0] for name in expected["computed_in"]] or [0.0])
    return within(request, one, other, min(1.0, max(least, step)), noise=allowed) or distance(one, other) <= coarse * step < float("inf")


def _class(name: str) -> str:
    return name.lower().replace("_", "")


def _close(name: str, one: Any, other: Any) -> bool:
    """Compare hyperparameters: what is not given may be nought."""
    return not one and not other if one is None or other is None else same(one, other, CALCULATED if " at step " in name else GIVEN)


def train_step(request: Dict[str, Any], report: Report, expected: Dict[str, Any], found: List[Any], taken: str = "") -> str:
    """Compare the weights after one more step with both references. Return "next", "fresh" or "neither".

    `next` is what the producer's model did, `fresh` what the same weights with a new optimizer would have done; `taken` is how the step
    was taken, if not as usual.
    """
    detail = {"taken": taken} if taken else {}

    def all_within(one: List[Any], other: List[Any]) -> bool:
        steps = [distance(before, after) for before, after in zip(expected["weights"], expected["next"])]
        noise = expected["step_noise"] or [0.0] * len(steps)
        return len(one) == len(other) and all(_alike(request, expected, *parts) for parts in zip(one, other, steps, noise))

    def furthest(reference: List[Any], other: List[Any]) -> float:
        return max([distance(one, two) for one, two in zip(reference, other)] or [float("inf")])

    gap = furthest(expected["next"], found)
    apart = not all_within(expected["next"], expected["fresh"])
    if all_within(expected["next"], found):
        report.check("train-step", "passed", gap, told_apart=apart, **detail)
        return "next"
    fresh = all_within(expected["fresh"], found)
    reason = "optimizer-lost" if fresh else "train-step-differs"
    report.check("train-step", "failed", gap, reason=reason, like_fresh=fresh, told_apart=apart, **detail)
    return "fresh" if fresh else "neither"
