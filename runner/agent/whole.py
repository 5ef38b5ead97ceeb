"""The check of what a whole model holds besides values: how it is asked and answers, what it adds to the loss, how its layers are set."""

from typing import Any, Dict, List, Optional

from agent import configuration, loaders, rounding, state
from agent.arrays import flat
from agent.nearness import tolerance
from agent.report import Report

ADDS = "the model adds "


def forms(expected: Dict[str, Any], model: Any, inputs: Any, answer: Any) -> List[str]:
    """Return in words which input takes fewer sizes than it did, and whether outputs come by name as they did."""
    takes = state.interface(model, flat(inputs), flat(answer))["inputs"]
    problems = [
        "input %d takes %s instead of %s" % (index + 1, _shown(other["shape"]), _shown(item["shape"]))
        for index, (item, other) in enumerate(zip(expected["interface"]["inputs"], takes))
        if any(size is None and now is not None for size, now in zip(item["shape"], other["shape"]))
    ]
    gives = state.kind_of(answer)
    if gives != expected["answers"] and "dict" in gives + expected["answers"]:
        problems.append("outputs come as %s instead of %s" % (gives, expected["answers"]))
    return problems


def added(request: Dict[str, Any], expected: Dict[str, Any], found: Optional[float]) -> List[str]:
    """Return in words what a model adds to its loss otherwise, where it can be told: regularizers, and what layers add."""
    wanted = expected["added"]
    if wanted is None or found is None:
        return []
    absolute, relative = (10 * max(part) for part in zip((1e-5, 1e-5), *(tolerance(request, name) for name in expected["computed_in"])))
    absolute += 10 * rounding.largest(expected["noise"])
    near = abs(wanted - found) <= absolute + relative * abs(wanted)
    return [] if near else ["%s%.6g to its loss instead of %.6g" % (ADDS, found, wanted)]


def _shown(shape: List[Any]) -> str:
    return "rows of %s" % (" x ".join("any" if size is None else str(size) for size in shape) or "one value")


def config(request: Dict[str, Any], report: Report, expected: Dict[str, Any], model: Any, types: List[str], forms: List[str]) -> None:
    """Compare what a whole model holds besides values; `types` and `forms` are what outputs and inputs told.

    Of a model that was built here only that was not made here, and the random state that a checkpoint brings. Where its outputs differ
    its settings are told all the same: they may say why.
    """
    found = configuration.read(model, own=request["loader"] not in loaders.REBUILDING)
    settings = configuration.differences(expected["configuration"], found) + forms
    if request["loader"] not in loaders.REBUILDING:
        settings += configuration.names_lost(expected["configuration"], found) if request["loader"] != "own" else []
        report.check("config", "failed" if types + settings else "passed", problems=(types + settings)[:20])
        return
    brought = request["loader"].startswith("checkpoint-")
    problems = types + (configuration.other_random_states(expected["configuration"], found) if brought else [])
    judged = problems or (brought and configuration.has_random_state(expected["configuration"]))
    # What a model adds to its loss may say why its next step is another one.
    right = report.facts["checks"]["outputs"]["result"] != "failed"
    told = [item for item in settings if item.startswith(ADDS) or not right][:20]
    report.check("config", "failed" if problems else "passed" if judged else "not-applicable", problems=problems[:20], settings=told)
