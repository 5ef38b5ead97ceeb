"""What the producer recorded beside the artifact: the fixed inputs and everything a consumer's model is compared with.

`expectation.json` holds names and numbers, `expectation.npz` the arrays: inputs, outputs, weights, slots, and the weights
after one more training step, once as the trained model took it and once as the same model with a fresh optimizer would.
"""

import os
from typing import Any, Dict, List, Optional, Tuple

from agent import asking, awkward, compiled_with, configuration, custom, files, optimizers, rounding, state, stillness
from agent.arrays import flat, text
from agent.drawing import FIRST_WEIGHTS, altered
from agent.fixture import NEXT_STEP, Fixture, defines
from agent.nearness import type_name
from agent.report import FixtureFault, message_of
from agent.seeds import SEED, seed

JSON = "expectation.json"
ARRAYS = "expectation.npz"
GROUPS = ("outputs", "further", "predicted", "weights", "beside", "slots", "next", "fresh", "next_slots", "drawn_next", "drawn_fresh")


def make(fixture: Fixture) -> Dict[str, Any]:
    """Build and train the fixture and record it. Raises FixtureFault when two equal calls or two equal builds differ."""
    if not same_arrays(_batch(fixture), _batch(fixture)):
        raise FixtureFault("data gave two different answers to the same random numbers: nothing can be compared")
    model = fixture.build(FIRST_WEIGHTS)
    optimizer = fixture.optimizer(model)
    if optimizer is not None:
        fixture.warm_up(model, optimizer)
    found = take(fixture, model, optimizer)
    repeated = fixture.call(model, fixture.inputs())
    if not same_arrays(found["outputs"], repeated):
        raise FixtureFault("two calls of one model on the same inputs gave different outputs: nothing can be compared")
    if not all(finite(output) for output in repeated):
        raise FixtureFault("the outputs are not finite numbers: its weights, which are drawn by NumPy, are perhaps not allowed to be such")
    record_further(fixture, model, found)
    found["noise"] = rounding.of_outputs(fixture, model, found)
    if optimizer is not None:
        if hasattr(fixture.module, "train_step"):
            # Which does not tell.
            evaluate(fixture, model, found)
        before = rounding.held(fixture, model, optimizer)
        found["metrics"].update(fixture.train(model, optimizer, NEXT_STEP))
        note_next(found, state.weights(model)["arrays"], optimizers.read(optimizer, model))
        twin, one = fresh_step(fixture, found)
        found["fresh"] = one["weights"]
        # To ask the model itself is cheap; its step need not do what it says, and takes another twin.
        draws = _draws(fixture, twin, found)
        if fixture.steps_itself(model) or defines(model, "compute_loss") or draws is not False:
            _, other = fresh_step(fixture, found, other_chance=True)
            if not same_arrays(one["outputs"], other["outputs"], tolerance=1e-6):
                raise FixtureFault("built twice and given the same weights, the outputs differ: nothing can be compared")
            found["chance"] = _moved(one, other) or (draws is True and not fixture.steps_itself(model))
        if not found["chance"]:
            noise = rounding.of_step(fixture, model, optimizer, before, found["next"], found["next_slots"])
            found["step_noise"], found["slot_noise"] = noise
    return found


def _moved(one: Dict[str, Any], other: Dict[str, Any]) -> bool:
    """Say whether two steps differ: in the weights, else in what shows it also where the first step of a schedule hardly moves those."""
    told = [(value, other["told"].get(name)) for name, value in one["told"].items() if value is not None]
    return not (
        same_arrays(one["weights"], other["weights"], tolerance=1e-6)
        and asking.alike(one["slots"], other["slots"], least=0.0, part=1e-4)
        and all(asking.told_alike(*pair) for pair in told)
    )


def note_next(found: Dict[str, Any], weights: List[Any], after: Dict[str, Any]) -> None:
    """Note what the next step left: weights and what was read of the optimizer."""
    found["next"], found["next_slots"] = weights, after["arrays"]
    found["optimizer"].update(next_iterations=after["iterations"], next_names=after["names"])


def evaluate(fixture: Fixture, model: Any, found: Dict[str, Any]) -> None:
    """Record what the compiled model says of loss and metrics, where it can be asked; no value of what it says otherwise once more."""
    try:
        first = fixture.evaluate(model)
        with fixture.unchanged(model):
            second = fixture.evaluate(model)
        found["metrics"] = {name: value if asking.told_alike(value, second.get(name)) else None for name, value in first.items()}
        found["evaluated"] = bool(first)
    except Exception as error:
        # How it is compiled need not fit the data, when a loop of the fixture's own trains it.
        print("loss and metrics are left out: %s: %s" % (type(error).__name__, message_of(error)[:300]), flush=True)


def fresh_step(
    fixture: Fixture, expected: Dict[str, Any], other_chance: bool = False, kept_still: bool = False
) -> Tuple[Any, Dict[str, Any]]:
    """Return the same model built anew, its outputs, and the weights, slots and told values of the next step with a fresh optimizer.

    With `other_chance` all that draws random numbers draws others; `kept_still` it draws none.
    """
    if other_chance:
        seed(SEED + 1)
    twin = fixture.build(FIRST_WEIGHTS)
    give(twin, expected)
    outputs = ask(fixture, twin, expected)
    if other_chance:
        for generator in state.generators(twin):
            generator.assign(altered(state.array(generator)))
    optimizer = fixture.optimizer(twin)
    told = stillness.step(fixture, twin, optimizer) if kept_still else fixture.train(twin, optimizer, NEXT_STEP)
    seed(SEED)
    found = {"weights": state.weights(twin)["arrays"], "slots": optimizers.read(optimizer, twin)["arrays"]}
    return twin, dict(found, outputs=outputs, told=told)


def ask(fixture: Fixture, model: Any, found: Dict[str, Any]) -> List[Any]:
    """Call a model as often as all are before their step: a call may count in the model's own variables. Returns its usual outputs."""
    outputs = fixture.call(model, fixture.inputs())
    for _, _, inputs in awkward.recorded(fixture, found):
        fixture.call(model, inputs)
    if found["evaluated"]:
        fixture.evaluate(model)
    return outputs


def _draws(fixture: Fixture, model: Any, found: Dict[str, Any]) -> Optional[bool]:
    """Say whether a model draws random numbers when it is called for training; None where it cannot be called so."""
    answers = []
    for _ in range(2):
        give(model, found)
        state.reset(model)
        try:
            answers.append(asking.in_training(fixture, model))
        except Exception:
            return None
    return not same_arrays(*answers)


def give(model: Any, found: Dict[str, Any]) -> None:
    """Give a model the recorded weights: in their order, or by path where it has not all of them yet, as those that only training makes."""
    variables = state.variables(model)
    if len(variables) == len(found["weights"]):
        pairs = list(zip(variables, found["weights"]))
    else:
        places = {item["path"]: value for item, value in zip(found["meta"], found["weights"])}
        pairs = [(variable, places[state.path_of(variable)]) for variable in variables if state.path_of(variable) in places]
    for variable, value in pairs:
        variable.assign(value)


def _batch(fixture: Fixture) -> List[Any]:
    return [value for part in fixture.data(NEXT_STEP) for value in flat(part)]


def record_further(fixture: Fixture, model: Any, found: Dict[str, Any]) -> None:
    """Record the outputs for awkward inputs; where the model itself raises or gives no numbers there is nothing to compare."""
    found["further_names"], found["further"] = [], []
    found["words"] = configuration.words(model)
    fixed = state.batch_size(model)
    for name, _, inputs in awkward.inputs(fixture, found["words"]):
        if fixed is not None and len(flat(inputs)[0]) != fixed:
            print("%s: left out, since the model takes batches of %d" % (name, fixed), flush=True)
            continue
        try:
            outputs = fixture.call(model, inputs)
        except Exception as error:
            print("%s: left out, since the model raised %s: %s" % (name, type(error).__name__, message_of(error)[:300]), flush=True)
            continue
        if len(outputs) == len(found["outputs"]) and all(finite(output) for output in outputs):
            found["further_names"].append(name)
            found["further"] += outputs


def take(fixture: Fixture, model: Any, optimizer: Any) -> Dict[str, Any]:
    """Record a model as it is after one more call, and as it is saved then: a call may change what the model holds."""
    answer = fixture.answer(model, fixture.inputs())
    added = asking.added(fixture, model)
    outputs, inputs = flat(answer), flat(fixture.inputs())
    weights = state.weights(model)
    beside = state.beside(model, fixture.tf.Variable)
    found = {
        "meta": weights["meta"],
        "weights": weights["arrays"],
        "beside": [state.array(variable) for _, variable in beside],
        "beside_names": [name for name, _ in beside],
        "written_otherwise": state.written_otherwise(model),
        "layers": state.layers(model),
        "computed_in": state.computed_in(model),
        "configuration": {},
        "outputs": outputs,
        "interface": state.interface(model, inputs, outputs),
        "answers": state.kind_of(answer),
        "added": added,
        "predicted": asking.predictions(fixture, model),
        "statistics": state.statistics(model),
        "custom_names": custom.names(model),
        "loss": state.loss_name(model),
        "compiled_with": compiled_with.read(model),
        "tested": asking.tested(fixture, model),
        "stateful": bool(state.stateful_layers(model)),
        "compiled": getattr(model, "optimizer", None) is not None,
        "input_names": state.tensor_names(model, "input", len(inputs)),
        "output_names": sorted(answer) if isinstance(answer, dict) else state.tensor_names(model, "output", len(outputs)),
        "optimizer": None,
        "slots": [],
        "metrics": {},
        "evaluated": False,
        "chance": False,
        "drawn": False,
        "still": False,
        "step_noise": [],
        "slot_noise": [],
    }  # type: Dict[str, Any]
    if optimizer is not None:
        found["optimizer"] = optimizers.read(optimizer, model)
        found["slots"] = found["optimizer"].pop("arrays")
    return found


def difference(expected: Dict[str, Any], found: Dict[str, Any]) -> str:
    """Say in what a second build and training differs from the first one, or return nothing."""
    if [item["shape"] for item in expected["meta"]] != [item["shape"] for item in found["meta"]]:
        return "the shapes of the weights"
    for part in ("weights", "outputs", "slots"):
        if not same_arrays(expected[part], found[part], tolerance=1e-6):
            return "the %s" % part
    return ""


def same_arrays(left: List[Any], right: List[Any], tolerance: float = 0.0) -> bool:
    """Compare two lists of arrays; NaN equals NaN."""
    import numpy

    if len(left) != len(right):
        return False
    for one, other in zip(left, right):
        one, other = _writable(one), _writable(other)
        if one.shape != other.shape or one.dtype != other.dtype:
            return False
        if tolerance and one.dtype.kind == "f":
            if not numpy.allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True):
                return False
        elif one.tobytes() != other.tobytes() and not numpy.array_equal(one, other):
            return False
    return True


def finite(value: Any) -> bool:
    """Say whether an array holds nothing but finite numbers, if it holds any."""
    import numpy

    return value.dtype.kind not in "fc" or bool(numpy.isfinite(value).all())


def write(directory: str, found: Dict[str, Any]) -> None:
    """Write the two files; arrays without pickle, so that every NumPy reads every other's."""
    import numpy

    arrays = {}
    for group in GROUPS:
        for index, value in enumerate(found.get(group) or []):
            arrays["%s_%04d" % (group, index)] = _writable(value)
    numpy.savez(os.path.join(directory, ARRAYS), **arrays)
    write_facts(directory, found)


def write_facts(directory: str, found: Dict[str, Any]) -> None:
    """Write the names and numbers."""
    rest = {key: value for key, value in found.items() if key not in GROUPS}
    rest["dtypes"] = {group: [type_name(value) for value in found.get(group) or []] for group in GROUPS}
    files.write_json(os.path.join(directory, JSON), rest)


def _writable(value: Any) -> Any:
    """Return an array that needs no pickle."""
    if value.dtype.name == "bfloat16":
        return value.astype("float32")
    return text(value) if value.dtype.kind in "OS" else value


def read(directory: str) -> Dict[str, Any]:
    """Read what `write` wrote."""
    import numpy

    found = files.read_json(os.path.join(directory, JSON))
    with numpy.load(os.path.join(directory, ARRAYS), allow_pickle=False) as arrays:
        for group in GROUPS:
            found[group] = [_as_it_was(arrays["%s_%04d" % (group, index)], name) for index, name in enumerate(found["dtypes"][group])]
    return dict(found)


def _as_it_was(value: Any, name: str) -> Any:
    """Return an array in the type it had before it was written."""
    if name != "bfloat16":
        return value
    import tensorflow

    return value.astype(tensorflow.bfloat16.as_numpy_dtype)
