"""The load cell: load, then climb the ladder of checks as far as it goes."""

import os
import shutil
from typing import Any, Dict, List, Optional

from agent import (
    asking,
    awkward,
    checks,
    expectation,
    faults,
    files,
    formats,
    loaders,
    optimizers,
    state,
    stillness,
    training_checks,
    whole,
)
from agent.arrays import flat
from agent.files import MANIFEST, MODEL
from agent.fixture import NEXT_STEP, Fixture, has_weights
from agent.report import Report


def load(request: Dict[str, Any], report: Report) -> None:
    """Load the artifact with the asked loader and compare what came back with the producer's expectation."""
    import tensorflow as tf

    faults.note(request, report, armed=True)
    expected = expectation.read(request["artifact"])
    manifest = files.read_json(os.path.join(request["artifact"], MANIFEST))
    fixture = Fixture(request, loaders.tensorflow(request, tf))
    # A copy of its own: what a load does to its files must not reach another cell.
    own = os.path.join(request["scratch"], MODEL)
    if faults.of(request) and not os.path.isdir(os.path.join(request["artifact"], MODEL)):
        # A fault may have left nothing, and engines carry files only.
        os.mkdir(own)
    else:
        shutil.copytree(os.path.join(request["artifact"], MODEL), own)
    path = os.path.join(own, formats.PATHS[request["format"]])
    loaded = loaders.load(request, path, fixture, expected, report)
    report.check("loaded", "passed")
    try:
        if loaded.model is not None:
            compare_model(request, report, fixture, expected, loaded, bool(manifest["optimizer_in_artifact"]))
        else:
            compare_callable(request, report, fixture, expected, loaded)
    finally:
        # Here and not at the interpreter's end dies what says that it was never restored.
        loaded.__dict__.clear()


def compare_model(
    request: Dict[str, Any], report: Report, fixture: Fixture, expected: Dict[str, Any], loaded: loaders.Loaded, carried: bool
) -> None:
    """Climb the ladder with a Keras model."""
    model = loaded.model
    if isinstance(model, loaders.models(fixture.tf)) and not has_weights(model):
        # What was not built yet takes its values, if any are waiting for it, at its first call.
        report.phase("outputs")
        loaded.call(fixture.inputs())
    report.phase("structure")
    if not isinstance(model, loaders.models(fixture.tf)):
        kind = type(model).__name__
        report.check("structure", "failed", found=kind)
        report.phase("outputs")
        raise TypeError("the load raised nothing and returned a %s, which is no Keras model: it has no predict" % kind)
    report.check("signature", "not-applicable")
    # A loop's optimizer is in no whole model; the fixture's own load may bring it.
    elsewhere = fixture.owns_optimizer and request["loader"] not in (*loaders.REBUILDING, "own")
    trains = _optimizer_promised(request, expected, carried, loaded) and not elsewhere
    late = trains and _comes_late(request, expected, loaded)
    if late and expected["chance"]:
        # What its step leaves is a matter of chance, so nothing can be told by it.
        fixture.complete(model)
        late = False
    order = None
    if not late:
        checks.structure(report, expected, model)
        report.phase("weights")
        order = checks.weights(report, expected, model, loaded.made)
    report.phase("outputs")
    answers, added = [], []  # type: List[Any], List[Optional[float]]

    def call(inputs: Any) -> List[List[Any]]:
        answers.append(fixture.answer(model, inputs))
        added.append(state.added(model))
        return [flat(answers[-1])]

    types = checks.outputs(request, report, fixture, expected, call, ordered=True, predict=lambda: fixture.predict(model))
    report.phase("config")
    forms = whole.forms(expected, model, fixture.inputs(), answers[0])
    if order is not None:
        forms += whole.added(request, expected, added[0])
    whole.config(request, report, expected, model, types, forms)
    # A load of the user's own that says what optimizer there is owes no compiled model.
    if request["loader"] in loaders.COMPILING or (
        request["loader"] == "own" and (getattr(model, "optimizer", None) is not None or not loaded.told_optimizer)
    ):
        training_checks.compiled(report, expected, model)
    else:
        report.check("compile", "not-applicable")
    if expected["tested"] and report.facts["checks"]["compile"]["result"] == "passed" and order is not None:
        training_checks.tested(request, report, expected, asking.tested(fixture, model))
    if not trains:
        report.check("optimizer", "not-applicable")
        report.check("train-step", "not-applicable")
        return
    report.phase("optimizer")
    found = optimizers.read(loaded.optimizer, model) if loaded.optimizer is not None else None
    waiting = training_checks.optimizer(request, report, expected, found)
    if found is None:
        report.check("train-step", "not-applicable", detail="there is no optimizer to step with")
        return
    report.phase("train-step")
    if late:
        fixture.train(model, loaded.optimizer, NEXT_STEP)
        checks.structure(report, expected, model)
        like = training_checks.late_weights(request, report, expected, state.weights(model))
        training_checks.late_optimizer(request, report, expected, optimizers.read(loaded.optimizer, model), like, [])
        return
    if expected["evaluated"]:
        training_checks.metrics(request, report, expected, fixture.evaluate(model))
    step(request, report, fixture, expected, loaded, order, waiting)


def step(
    request: Dict[str, Any],
    report: Report,
    fixture: Fixture,
    expected: Dict[str, Any],
    loaded: loaders.Loaded,
    order: Optional[List[int]],
    waiting: Optional[List[str]],
) -> None:
    """Take one more training step and let it tell what lazily restored slots cannot; `waiting` is None where none are."""
    kept_still = expected["still"] and not stillness.draws(fixture, loaded.model)
    if kept_still:
        expected = dict(expected, chance=False, drawn=False)
    elif expected["chance"]:
        expected = dict(expected, next=expected["drawn_next"], fresh=expected["drawn_fresh"])
    if expected["chance"] and waiting is not None and order is not None:
        # What the step leaves is a matter of chance, so slots that wait for it have to come now.
        optimizers.make_slots(loaded.optimizer, loaded.model)
        waiting = training_checks.optimizer(request, report, expected, optimizers.read(loaded.optimizer, loaded.model))
    if expected["drawn"] and order is not None:
        fixture.drawn_step(loaded.model, loaded.optimizer, order)
        after = state.weights(loaded.model)["arrays"]
        # What else is among the weights may count the calls, of which there were more here.
        moved = [item["trainable"] for item in expected["meta"]]
        found = [after[index] if moves else kept for index, moves, kept in zip(order, moved, expected["next"])]
        training_checks.train_step(request, report, expected, found, taken="with gradients drawn beforehand")
    if kept_still:
        told = stillness.step(fixture, loaded.model, loaded.optimizer)
    else:
        told = fixture.train(loaded.model, loaded.optimizer, NEXT_STEP)
    if not expected["evaluated"]:
        training_checks.metrics(request, report, expected, told)
    if expected["chance"]:
        if not expected["drawn"] or order is None:
            report.check("train-step", "not-applicable", why="a step of this model draws random numbers: no two are alike")
        if waiting is not None:
            _unseen(report, waiting, "it creates its slots at the first step, which is a matter of chance")
        return
    after = state.weights(loaded.model)["arrays"]
    if order is None and report.facts["checks"]["weights"]["result"] == "passed":
        report.check("train-step", "not-applicable", why="the model has fewer weights to step with")
        return
    if order is None:
        report.check("train-step", "failed", reason="train-step-differs", why="the step started from other weights")
        if waiting is not None:
            _unseen(report, waiting, "it creates its slots at the first step, and the weights already differed")
        return
    taken = "with layers of chance kept still" if kept_still else ""
    like = training_checks.train_step(request, report, expected, [after[index] for index in order], taken)
    if waiting is not None:
        training_checks.late_optimizer(request, report, expected, optimizers.read(loaded.optimizer, loaded.model), like, waiting)
    elif like == "next" and report.facts["checks"]["optimizer"]["result"] == "passed":
        training_checks.slots_after(request, report, expected, optimizers.read(loaded.optimizer, loaded.model))


def _comes_late(request: Dict[str, Any], expected: Dict[str, Any], loaded: loaders.Loaded) -> bool:
    """Say whether variables that only a training step makes are still to come, and a restore waits for them."""
    waits = request["loader"] == "checkpoint-restore" or (request["loader"], request["format"]) == ("load-weights", "weights-tf")
    fewer = len(state.variables(loaded.model)) < len(expected["meta"])
    return waits and fewer and loaded.optimizer is not None


def _unseen(report: Report, problems: List[str], why: str) -> None:
    """Record what is known of an optimizer whose slots never came to be seen."""
    reason = "optimizer-differs" if problems else None
    report.check("optimizer", "failed" if problems else "not-applicable", reason=reason, problems=problems, why=why)


def _optimizer_promised(request: Dict[str, Any], expected: Dict[str, Any], carried: bool, loaded: loaders.Loaded) -> bool:
    """Say whether this format and loader owe the optimizer: whole models and checkpoints do, weights if they carry it."""
    if not expected["optimizer"]:
        return False
    if request["loader"] == "load-weights":
        return carried and request["format"].startswith("weights-")
    if request["loader"] == "own":
        return loaded.optimizer is not None
    return request["loader"] in loaders.COMPILING or request["loader"].startswith("checkpoint-")


def compare_callable(request: Dict[str, Any], report: Report, fixture: Fixture, expected: Dict[str, Any], loaded: loaders.Loaded) -> None:
    """Climb the part of the ladder that something without a model's API has."""
    for name in ("structure", "config", "compile", "optimizer", "train-step"):
        report.check(name, "not-applicable")
    report.phase("signature")
    if request["loader"] not in loaders.SIGNATURES:
        report.check("signature", "not-applicable")
    elif loaded.signature is None:
        report.check(
            "signature", "failed", reason="signature-differs", why="there is no signature serving_default, nor just one of another name"
        )
    else:
        checks.signature(report, expected, loaded.signature)
    report.phase("weights")
    if loaded.variables:
        checks.contained_weights(report, expected, loaded.variables)
    else:
        report.check("weights", "not-applicable", why="what was loaded shows no variables")
    if loaded.call is None:
        return
    report.phase("outputs")
    if expected["stateful"]:
        # What keeps something from one call to the next cannot be told to forget it here: the first call is the one to compare.
        expected["further_names"] = []
    if loaded.fixed_batch:
        # As its user wrote it, it takes no other.
        size = len(flat(fixture.inputs())[0])
        given = {name: len(flat(inputs)[0]) for name, _, inputs in awkward.recorded(fixture, expected)}
        fitting = [index for index, name in enumerate(expected["further_names"]) if given[name] == size]
        expected["further"] = [value for index in fitting for value in checks.awkward_outputs(expected, index)]
        expected["further_names"] = [expected["further_names"][index] for index in fitting]
    order = _by_name(expected["output_names"], loaded.gives)

    def call(inputs: Any) -> List[List[Any]]:
        found = loaded.call(_inputs(inputs, expected))
        return [[outputs[index] for index in order] for outputs in found] if order else list(found)

    checks.outputs(request, report, fixture, expected, call, ordered=bool(order))


def _by_name(wanted: List[str], given: List[str]) -> List[int]:
    """Return the place of each wanted output among those that a signature gives, sorted by name; nothing where names do not tell.

    TensorFlow numbers outputs without names: output_0, output_1 and so on. A signature of the user's own may give more than the model.
    """
    numbered = ["output_%d" % index for index in range(len(given))]
    names = numbered if set(given) == set(numbered) else wanted
    return [sorted(given).index(name) for name in names] if names and set(names) <= set(given) and len(names) == len(set(names)) else []


def _inputs(inputs: Any, expected: Dict[str, Any]) -> Dict[str, Any]:
    """Return the inputs as the model takes them, and flat with their names, as far as those tell: {"whole", "values", "names", "types"}."""
    values = flat(inputs)
    names = sorted(inputs) if isinstance(inputs, dict) else expected["input_names"]
    types = [item["dtype"] for item in expected["interface"]["inputs"]]
    return {"whole": inputs, "values": values, "names": names if len(names) == len(values) else [], "types": types}
