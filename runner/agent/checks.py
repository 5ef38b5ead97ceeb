"""The ladder: each check compares one thing of the loaded model with what the producer recorded."""

from typing import Any, Callable, Dict, List, Optional, Tuple

from agent import awkward, rounding, state
from agent.fixture import Fixture
from agent.nearness import distance, size_of, type_name, within
from agent.report import Report, message_of


def structure(report: Report, expected: Dict[str, Any], model: Any) -> None:
    """Compare variables by shape, dtype and trainable flag, and the layers that hold them."""
    found = state.weights(model)["meta"]

    def shown(items: List[Dict[str, Any]], flags: bool = True) -> List[str]:
        words = ["frozen", "trainable"] if flags else ["", ""]
        return sorted("%s %s %s" % (item["shape"], item["dtype"], words[item["trainable"]]) for item in items)

    wanted, seen = shown(expected["meta"]), shown(found)
    layers = state.layers(model)
    frozen = {item["name"]: item["trainable"] for item in expected["layers"]}
    thawed = [item["name"] for item in layers if item["name"] in frozen and frozen[item["name"]] != item["trainable"]]
    flags = state.statistics(model)
    thawed += [name for name, flag in sorted(expected["statistics"].items()) if name not in frozen and flags.get(name, flag) != flag]
    if not thawed:
        # In models inside the model the names of variables tell.
        pairs = zip(expected["meta"], state.pairing(expected["meta"], found) or [])
        thawed = [item["path"] for item, index in pairs if item["trainable"] != found[index]["trainable"]]
    if not thawed and wanted != seen and shown(expected["meta"], flags=False) == shown(found, flags=False):
        # Versions and classes name variables in their own way.
        thawed = [item for item in wanted if item not in seen]
    detail = {}  # type: Dict[str, Any]
    if wanted != seen:
        detail["missing"] = [item for item in wanted if item not in seen][:20]
        detail["unexpected"] = [item for item in seen if item not in wanted][:20]
        detail["expected_count"], detail["found_count"] = len(wanted), len(seen)
    if thawed:
        detail["trainable_differs"] = thawed[:20]
        if wanted == seen and all(item["path"] not in thawed for item in expected["meta"]):
            detail["weights_as_before"] = True
    if [item["class"] for item in expected["layers"]] != [item["class"] for item in layers]:
        detail["layer_classes"] = [item["class"] for item in layers]
    report.check("structure", "failed" if wanted != seen or thawed else "passed", **detail)


def weights(report: Report, expected: Dict[str, Any], model: Any, made: Optional[List[Any]]) -> Optional[List[int]]:
    """Compare weights bit by bit. Return for each expected weight the index of the found one, or None if they differ.

    By path and shape where the paths of both sides agree and tell the weights apart. They differ between versions: then as a multiset.
    Variables that user code keeps beside the weights are found by their attributes. `made` is what a rebuilt model held before the load.
    """
    found = state.weights(model)
    lost = _beside(expected, model)
    names = [item["path"] for item in expected["meta"]]
    order = state.pairing(expected["meta"], found["meta"])
    if order is not None:
        gaps = [distance(value, found["arrays"][index]) for value, index in zip(expected["weights"], order)]
        wrong = [name for name, gap in zip(names, gaps) if gap != 0.0]
        detail = _as_made(found["arrays"], made, [index for index, gap in zip(order, gaps) if gap])
        detail.update(matched_by="name", differing=(wrong + lost)[:20])
        report.check("weights", "failed" if wrong or lost else "passed", max(gaps), **detail)
        return None if wrong else order
    free = list(range(len(found["arrays"])))
    matched = []  # type: List[int]
    absent, worst = [], 0.0
    for name, value in zip(names, expected["weights"]):
        gaps = {index: distance(value, found["arrays"][index]) for index in free}
        best = min(gaps, key=lambda index: gaps[index]) if gaps else None
        if best is None or gaps[best] != 0.0:
            absent.append(name)
            worst = max(worst, gaps[best] if best is not None else float("inf"))
        else:
            matched.append(best)
            free.remove(best)
    # A copy of what was saved is no value that is wrong: where there is one too many, the structure says so.
    copies = [index for index in free if any(distance(value, found["arrays"][index]) == 0.0 for value in expected["weights"])]
    extra = [found["meta"][index]["path"] for index in free if index not in copies] if not absent else []
    # Of what is not trained, where no variable of its shape is left, no value is wrong: it is gone, as the structure says.
    left = [list(found["arrays"][index].shape) for index in free]
    kept = {item["path"] for item in expected["meta"] if item["trainable"] or item["shape"] in left}
    differing = [name for name in absent if name in kept]
    bad = bool(differing or extra)
    detail = _as_made(found["arrays"], made, free if absent else [])
    detail.update(matched_by="value", differing=(differing + lost)[:20], unexpected=extra[:20])
    report.check("weights", "failed" if bad or lost else "passed", worst if bad else 0.0, **detail)
    return None if bad or absent else matched


def _as_made(found: List[Any], made: Optional[List[Any]], wrong: List[int]) -> Dict[str, Any]:
    """Say, where it is known, whether the wrong ones are what the rebuilt model held before the load: then nothing was read into them."""
    if made is None or not wrong:
        return {}
    return {"as_made": all(index < len(made) and distance(made[index], found[index]) == 0.0 for index in wrong)}


def _beside(expected: Dict[str, Any], model: Any) -> List[str]:
    """Return the attributes whose variables are lost or hold something else."""
    held = zip(expected["beside_names"], expected["beside"])
    return [name for name, value in held if not any(distance(value, other) == 0.0 for other in state.attributes(model, name))]


def contained_weights(report: Report, expected: Dict[str, Any], variables: List[Any]) -> None:
    """For loaders that give no model: every expected weight must be among the variables."""
    arrays = [state.array(variable) for variable in variables]
    absent = [
        item["path"]
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
    predict: Optional[Callable[[], List[Any]]] = None,
) -> List[str]:
    """Compare outputs within the tolerance, for the usual inputs and then for awkward ones. Return in words which have another type.

    `predict` returns what the model's own way to predict gives, where it has one.
    `call` returns candidates for the outputs of some inputs, which count alike; unordered ones are matched by shape and value.
    What raises for the usual inputs is raised; what raises for awkward ones only is told.
    """
    candidates = call(fixture.inputs())
    sizes = [_sizes(value) for value in expected["outputs"]]
    coarse = expected["computed_in"]
    if not ordered:
        # A signature of the user's own may give more than the model.
        candidates = [_arranged(expected["outputs"], found) for found in candidates]
    noise = rounding.allowed(expected["noise"], rounding.USUAL, len(sizes))
    good, gap = _nearest(request, expected["outputs"], candidates, sizes, coarse, noise)
    count = len(candidates[0])
    wrong = "%d outputs instead of %d" % (count, len(expected["outputs"])) if count != len(expected["outputs"]) else None
    differing, raised = [] if good else [rounding.USUAL], []
    pairs = [(type_name(one), type_name(other)) for one, other in zip(expected["outputs"], candidates[0])]
    others = [(index, one, other) for index, (one, other) in enumerate(pairs) if one != other]
    other_signature = report.facts["checks"]["signature"]["result"] == "failed" and bool(others or wrong)
    for index, (name, scale, inputs) in enumerate(awkward.recorded(fixture, expected)):
        wanted = awkward_outputs(expected, index)
        try:
            found = call(inputs) if ordered else [_arranged(wanted, outputs) for outputs in call(inputs)]
        except Exception as error:
            raised.append("%s: %s: %s" % (name, type(error).__name__, message_of(error)[:300]))
            continue
        noise = rounding.allowed(expected["noise"], name, len(sizes))
        alike, distant = _nearest(request, wanted, found, [scale * part for part in sizes], coarse, noise)
        gap = max(gap, distant / scale)
        if not alike:
            differing.append(name)
    if expected["predicted"] and predict is not None:
        noise = rounding.allowed(expected["noise"], rounding.USUAL, len(expected["predicted"]))
        scales = [_sizes(value) for value in expected["predicted"]]
        alike, distant = _nearest(request, expected["predicted"], [predict()], scales, coarse, noise)
        gap = max(gap, distant)
        if not alike:
            differing.append("what predict gives")
    report.check(
        "outputs",
        "failed" if differing or raised else "passed",
        gap,
        # A signature of other types or fewer outputs cannot give the model's: that is what is wrong with it.
        reason="signature-differs" if other_signature else "predict-raised" if raised and not differing else None,
        bit_equal=gap == 0.0,
        count=wrong,
        compared=[rounding.USUAL, *expected["further_names"]],
        differing=differing,
        raised=raised,
    )
    told = others if ordered and wrong is None else []
    return ["output %d is of type %s instead of %s" % (index + 1, other, one) for index, one, other in told]


def awkward_outputs(expected: Dict[str, Any], index: int) -> List[Any]:
    """Return the outputs that were recorded for the awkward inputs number `index`."""
    size = len(expected["outputs"])
    return list(expected["further"][index * size : (index + 1) * size])


def _sizes(value: Any) -> Any:
    """Return how large the values of an output are, and with them the noise: for each place of the last axis, where one is above 1.

    Where all are below, it is the largest of all, never under 1e-4: of many classes each has its share of one.
    """
    import numpy

    if value.dtype.kind in "OSU" or not value.size:
        return 1.0
    rows = numpy.abs(value.astype("complex128")).reshape(-1, value.shape[-1] if value.ndim > 1 else 1)
    return numpy.maximum(rows.max(axis=0), min(1.0, max(1e-4, size_of(value))))


def _nearest(
    request: Dict[str, Any], expected: List[Any], candidates: List[List[Any]], scales: List[Any], coarse: List[str], noise: List[Any]
) -> Tuple[bool, float]:
    """Return whether one of the candidates is right, and the largest difference of the nearest."""
    best = None  # type: Optional[Tuple[bool, float]]
    for found in candidates:
        if len(found) != len(expected):
            result = (False, float("inf"))
        else:
            gaps = [distance(one, other) for one, other in zip(expected, found)]
            parts = zip(expected, found, scales, noise)
            good = all(within(request, one, other, scale, coarse, allowed) for one, other, scale, allowed in parts)
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


def _arranged(expected: List[Any], found: List[Any]) -> List[Any]:
    """Return the outputs in the order in which each is the nearest of its shape: a signature names its outputs as its version likes."""
    left, order = list(range(len(found))), []  # type: List[int], List[int]
    for value in expected:
        gaps = {index: distance(value, found[index]) for index in left}
        best = min(left, key=lambda index: gaps[index]) if left else None
        if best is None:
            break
        order.append(best)
        left.remove(best)
    return [found[index] for index in order]
