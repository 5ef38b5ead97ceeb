"""Which object a load says that it did not find, under every CPython here: messages as the versions of Keras really gave them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.contract.test_agent import AGENT, HERE, PYTHONS

ADVICE = (
    "Please ensure you are using a `keras.utils.custom_object_scope` and that this object is included in the scope. "
    "See https://www.tensorflow.org/guide/keras/save_and_serialize#registering_the_custom_object for details."
)
DENSE = "Error when deserializing class 'Dense' using config={'name': 'hidden', 'units': 6, 'activation': 'linear'}.\n\n"
SEQUENTIAL = (
    "<class 'keras.src.models.sequential.Sequential'> could not be deserialized properly. Please ensure that components that are "
    "Python object instances (layers, models, etc.) returned by `get_config()` are explicitly deserialized in the model's "
    "`from_config()` method.\n\nconfig={'module': 'keras', 'class_name': 'Sequential'}.\n\nException encountered: "
)
LOCATE = "Make sure custom classes and functions are decorated with `@keras.saving.register_keras_serializable()`. "

FOUND = {
    "Unknown layer: ShiftedDense": "ShiftedDense",
    "Unknown activation function:leaky_tanh": "leaky_tanh",
    "Unknown loss function: Asymmetric": "Asymmetric",
    "Unknown optimizer: Heavy. Please ensure this object is passed to the `custom_objects` argument.": "Heavy",
    f"Unknown layer: 'compatibility>ScaledDense'. {ADVICE}": "ScaledDense",
    f"Unknown metric function: 'Close'. {ADVICE}": "Close",
    f"{DENSE}Exception encountered: Unknown initializer: 'Staircase'. {ADVICE}": "Staircase",
    "Unknown activation function '{'module': 'builtins', 'class_name': 'function', 'config': 'leaky_tanh', 'registered_name': 'function'}' "
    "cannot be deserialized.": "leaky_tanh",
    "Could not deserialize class 'Heavy' because its parent module fixture_custom_optimizer cannot be imported. Full object config: "
    "{'module': 'fixture_custom_optimizer', 'class_name': 'Heavy'}": "Heavy",
    "Could not deserialize function 'asymmetric' because its parent module fixture_custom_parts cannot be imported.": "asymmetric",
    "The added layer must be an instance of class Layer. Received: layer=ShiftedDense of type <class 'str'>.": "ShiftedDense",
    f"{SEQUENTIAL}Could not locate class 'ShiftedDense'. {LOCATE}": "ShiftedDense",
    f"Could not locate function 'stretched'. {LOCATE}": "stretched",
    "Cannot deserialize object of type `Close`. If `Close` is a custom class, please register it using the "
    "`@keras.saving.register_keras_serializable()` decorator.": "Close",
    "Cannot convert 'Warmup' to EagerTensor of dtype float": "Warmup",
    "Argument `cell` should have a `call` method. The RNN was passed: cell=DecayCell": "DecayCell",
    "Could not interpret optimizer identifier: Heavy": "Heavy",
    "('Could not interpret regularizer identifier:', 'Cubic')": "Cubic",
    f"{DENSE}Exception encountered: Could not interpret regularizer identifier: {{'module': 'fixture_custom_parts', "
    "'class_name': 'Cubic', 'config': {'strength': 0.02}, 'registered_name': 'Cubic'}": "Cubic",
    f"{SEQUENTIAL}Could not interpret activation function identifier: {{'module': 'builtins', 'class_name': 'function', "
    "'config': 'leaky_tanh', 'registered_name': 'function'}": "leaky_tanh",
    # It gives what the loss is called itself, not its class.
    "Could not interpret loss identifier: asymmetric_loss": "Asymmetric",
    'Unable to restore custom object of class "Close" (type _tf_keras_metric). Please make sure that this class is included in the '
    "`custom_objects` arg when calling `load_model()`.": "Close",
}
NOT_FOUND = (
    "Error when deserializing class 'ShiftedDense' using config={'name': 'strict', 'units': 5}.\n\nException encountered: "
    "ShiftedDense.__init__() got an unexpected keyword argument 'name'",
    # Given all the same: this version wrote what it does not read.
    f"{DENSE}Exception encountered: Unknown activation function: 'function'. {ADVICE}",
    "Could not deserialize class 'Functional' because its parent module keras.engine.functional cannot be imported. Full object config: "
    "{'class_name': 'Functional', 'config': {'layers': [{'class_name': 'ShiftedDense'}]}}",
    # Given, and at fault itself.
    "Argument `cell` should have a `call` method. The RNN was passed: cell=<fixture_custom_cell.DecayCell object at 0x7f0c2e5d1f40>",
    "Cannot convert 'relu' to EagerTensor of dtype float",
    "Unknown layer: 'TFOpLambda'. Please ensure you are using a `keras.utils.custom_object_scope`",
    "Layer 'shifted' expected 1 variables, but received 0 variables during loading.",
    "Could not interpret optimizer identifier: {'class_name': 'Adam', 'config': {'loss': 'asymmetric'}}",
)
NAMELESS = "Unable to restore custom object of type _tf_keras_metric currently. Please make sure that the layer implements `get_config`"
KNOWN = {
    **{name: name for name in {*FOUND.values(), "Close"}},
    "asymmetric_loss": "Asymmetric",
}


def ask(python: Path, *questions: tuple[str, dict[str, str]]) -> list[str | None]:
    """Return what the agent says is missing, for each message with the names that the model knows."""
    done = subprocess.run(
        [str(python), "-B", str(HERE / "standin" / "drive_missing.py"), str(AGENT.parent)],
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(HERE / "standin")},
    )
    assert done.returncode == 0, done.stderr
    answers: list[str | None] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.name)
def test_the_object_that_was_missing_is_named(python: Path) -> None:
    assert dict(zip(FOUND, ask(python, *((message, KNOWN) for message in FOUND)), strict=True)) == FOUND


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.name)
def test_nothing_is_named_that_was_found(python: Path) -> None:
    assert ask(python, *((message, KNOWN) for message in NOT_FOUND)) == [None] * len(NOT_FOUND)


def test_a_message_without_a_name_can_only_mean_the_only_one() -> None:
    assert ask(PYTHONS[-1], (NAMELESS, {"Close": "Close", "close": "Close"}), (NAMELESS, KNOWN)) == ["Close", None]
