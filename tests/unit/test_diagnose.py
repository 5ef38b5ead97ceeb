"""Causes, from messages that real versions really raised."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.diagnose import diagnose
from runner.model import Diagnosis, ErrorInfo, Outcome, Reason, Status, WarningInfo
from runner.rules import CLASSES, RULES, UNTRIED
from tests.unit.samples import build, load, save

PAIR = ("tf2.12-py311", "tf2.16-py311")


def raised(type_: str, message: str, format_: str = "h5", reason: Reason = Reason.LOAD_RAISED, loader: str = "load-model") -> Outcome:
    return load(PAIR, "f", format_, loader, Status.FAILED, reason, error=ErrorInfo(type=type_, message=message))


def diagnosed(outcome: Outcome) -> Diagnosis:
    found = diagnose(outcome)
    assert found is not None
    return found


REAL = [
    (
        "keras-dir",
        "ValueError",
        "File format not supported: filepath=/a/dir. Keras 3 only supports V3 `.keras` files and legacy H5 format files (`.h5` extension). "
        "Note that the legacy SavedModel format is not supported by `load_model()` in Keras 3.",
        "does not read SavedModel directories",
    ),
    ("weights-tf", "ValueError", "File format not supported: filepath=/a/wtf. Keras 3 only supports V3 `.keras`", "TensorFlow checkpoints"),
    ("keras-v3", "OSError", "Unable to open file (file signature not found)", "older than the .keras format"),
    (
        "keras-v3",
        "OSError",
        "SavedModel file does not exist at: /a/m.keras/{saved_model.pbtxt|saved_model.pb}",
        "older than the .keras format",
    ),
    (
        "keras-v3",
        "ValueError",
        "File not found: filepath=/a/m.keras. Please ensure the file is an accessible `.keras` zip file.",
        "no zip archive",
    ),
    ("h5", "ValueError", "Unrecognized keyword arguments: ['batch_shape', 'optional']", "batch_shape by Keras 3"),
    ("h5", "ValueError", "('Unrecognized keyword arguments:', dict_keys(['batch_shape']))", "batch_shape by Keras 3"),
    (
        "keras-v3",
        "TypeError",
        "<class 'keras.src.models.sequential.Sequential'> could not be deserialized properly. config={'class_name': 'DTypePolicy'}"
        + " " * 9000
        + "\n\nException encountered: Unrecognized keyword arguments passed to Dense: {'batch_input_shape': [None, 4]}",
        "batch_input_shape by Keras 2",
    ),
    (
        "h5",
        "TypeError",
        "Exception encountered: Unrecognized keyword arguments passed to Dense: {'quantization_config': None}",
        "a layer's configuration holds a keyword",
    ),
    ("h5", "ValueError", "Unrecognized keyword arguments passed to LSTM: {'time_major': False}", "a layer's configuration holds a keyword"),
    ("h5", "ValueError", "Unknown dtype policy: 'DTypePolicy'. Please ensure you are using", "dtype policies"),
    (
        "keras-v3",
        "TypeError",
        "Could not deserialize class 'Functional' because its parent module keras.src.engine.functional cannot be imported. Full object",
        "moved or dropped",
    ),
    ("h5", "ValueError", "Unknown optimizer: Custom>Adam", "class of the optimizer"),
    (
        "h5",
        "TypeError",
        "weight_decay is not a valid argument, kwargs should be empty  for `optimizer_experimental.Optimizer`.",
        "arguments the consumer",
    ),
    (
        "keras-v3",
        "ValueError",
        "Argument(s) not recognized: {'jit_compile': False, 'is_legacy_optimizer': False}",
        "arguments the consumer",
    ),
    ("h5", "ValueError", "Argument(s) not recognized: {'lr': 0.001}", "arguments the consumer"),
    ("h5", "TypeError", "Could not locate function 'mse'. Make sure custom classes are decorated", "loss or metric"),
    ("h5", "ValueError", "Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass", "loss or metric"),
    (
        "h5",
        "ValueError",
        "Unknown layer: 'NotEqual'. Please ensure you are using a `keras.utils.custom_object_scope`",
        "an operation of Keras 3 written into the h5 config",
    ),
    ("h5", "ValueError", "Unknown layer: 'TFOpLambda'. Please ensure you are using", "that Keras 2 wrote as a layer"),
    ("h5", "ValueError", "Unknown layer: Functional", "a class or function that this Keras cannot find"),
    (
        "keras-v3",
        "TypeError",
        "Cannot deserialize object of type `Scale`. If `Scale` is a custom class, please register it",
        "a class or function that this Keras cannot find",
    ),
    ("saved-model", "AttributeError", "'_UserObject' object has no attribute 'add_slot'", "slots of an older optimizer"),
    ("h5", "ValueError", "No model config found in the file at <GFile object at 0x7f93fc9b2940>.", "without a configuration"),
    ("keras-dir", "KeyError", "'layers'", "without a configuration"),
    ("keras-dir", "JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", "Keras metadata"),
    (
        "keras-dir",
        "FileNotFoundError",
        "Op type not registered 'DisableCopyOnRead' in binary running on vm.",
        "an operation that this TensorFlow",
    ),
    ("weights-h5", "ValueError", "Layer 'dense' expected 2 variables, but received 0 variables during loading.", "layout of .weights.h5"),
    ("weights-h5", "ValueError", "A total of 1 objects could not be loaded. Example error message", "layout of .weights.h5"),
    ("weights-h5", "KeyError", "\"Unable to open object (object 'vars' doesn't exist)\"", "layout of .weights.h5"),
    (
        "weights-h5",
        "ValueError",
        "You are trying to load a weight file containing 0 layers into a model with 2 layers.",
        "layout of .weights.h5",
    ),
    ("keras-v3", "ValueError", "Layer 'dense_2' expected 2 variables, but received 0 variables during loading.", "inside .keras"),
    (
        "h5",
        "ValueError",
        "Layer count mismatch when loading weights from file. Model expected 0 layers, found 1 saved layers.",
        "not those of the model",
    ),
    (
        "checkpoint",
        "ValueError",
        "You are trying to restore a checkpoint from a legacy Keras optimizer into a v2.11+ Optimizer",
        "legacy optimizer",
    ),
    (
        "checkpoint",
        "ValueError",
        "Received incompatible tensor with shape (4, 5) when attempting to restore variable with shape (5,) "
        "and name Adam/m/dense_53/bias:0.",
        "slots stand in another order",
    ),
    (
        "checkpoint",
        "ValueError",
        "Received incompatible tensor with shape (5,) when attempting to restore variable with shape (4, 5) "
        "and name adam/dense_4_kernel_velocity:0.",
        "slots stand in another order",
    ),
    ("checkpoint", "AssertionError", "Found 14 Python objects that were not bound to checkpointed values, likely due to", "same objects"),
    ("h5", "AttributeError", "'str' object has no attribute 'decode'", "h5py 3"),
    ("h5", "AttributeError", "module 'numpy' has no attribute 'object'.", "NumPy is newer"),
    ("h5", "AttributeError", "`np.unicode_` was removed in the NumPy 2.0 release. Use `np.str_` instead.", "NumPy is newer"),
    ("saved-model", "TypeError", "Descriptors cannot not be created directly.", "protobuf is newer"),
    ("keras-dir", "TypeError", "this __dict__ descriptor does not support '_DictWrapper' objects", "wrapt"),
    ("h5", "ValueError", "Unknown layer: 'Addons>SpectralNormalization'. Please ensure", "Addons"),
]


@pytest.mark.parametrize(("format_", "type_", "message", "cause"), REAL)
def test_real_messages_have_their_cause(format_: str, type_: str, message: str, cause: str) -> None:
    found = diagnosed(raised(type_, message, format_))
    assert cause in found.cause
    assert found.class_ in CLASSES
    assert found.remedy.startswith(UNTRIED)


@pytest.mark.parametrize(
    "message",
    [
        "Unknown layer: 'Scale'. Please ensure you are using a `keras.utils.custom_object_scope`",
        "Unknown loss function: 'own_loss'. Please ensure you are using a `keras.utils.custom_object_scope`",
        "Could not locate class 'Scale'. Make sure custom classes are decorated",
    ],
)
def test_custom_code_is_blamed_only_where_the_models_own_is_missing(message: str) -> None:
    missing = raised("ValueError", message, reason=Reason.CUSTOM_OBJECT_MISSING)
    noted = raised("ValueError", message).model_copy(update={"notes": {"missing_object": "Scale"}})
    assert {diagnosed(outcome).cause for outcome in (missing, noted)} == {"the load does not know a custom class or function"}
    assert diagnosed(missing).class_ == "custom-code"
    assert diagnosed(raised("ValueError", message)).class_ == "config-changed"


@pytest.mark.parametrize(
    ("type_", "message"),
    [
        (
            "ValueError",
            "Unknown variable: <Variable path=sequential/hidden/kernel, shape=(784, 128), dtype=float32>. This optimizer can only be "
            "called for the variables it was originally built with. When working with a new set of variables, you should recreate",
        ),
        ("NotImplementedError", "numpy() is only available when eager execution is enabled."),
    ],
)
def test_a_train_step_after_a_load_of_h5_in_keras_3(type_: str, message: str) -> None:
    def step(format_: str, phase: str) -> Outcome:
        error = ErrorInfo(type=type_, message=message, phase=phase)
        return load(PAIR, "f", format_, "load-model", Status.DEGRADED, Reason.OPTIMIZER_LOST, error=error)

    found = diagnosed(step("h5", "train-step"))
    assert found.cause.startswith("load_model of .h5 in Keras 3 builds the optimizer without the model's variables")
    assert (found.class_, "compile the model again" in found.remedy) == ("optimizer-state", True)
    assert diagnosed(step("h5", "load")).cause != found.cause
    assert diagnosed(step("keras-v3", "train-step")).cause != found.cause


@pytest.mark.parametrize(
    ("type_", "message", "cause"),
    [
        ("ValueError", "Invalid filepath extension for saving. Please add either a `.keras` extension", ".keras and .h5 only"),
        ("ValueError", "The filename must end in `.weights.h5`. Received: filepath=/a/wtf", ".weights.h5 only"),
        ("NotImplementedError", "Layer Scale has arguments in `__init__` and therefore must override `get_config`.", "no get_config"),
        (
            "NotImplementedError",
            "\nLayer Scale has arguments ['self', 'units']\nin `__init__` and therefore must override `get_config()`.",
            "no get_config",
        ),
        (
            "NotImplementedError",
            "Saving the model to HDF5 format requires the model to be a Functional model or a Sequential model.",
            "HDF5 takes",
        ),
    ],
)
def test_saves_too(type_: str, message: str, cause: str) -> None:
    found = diagnosed(save(PAIR[0], "f", "h5", Status.FAILED, Reason.SAVE_RAISED, error=ErrorInfo(type=type_, message=message)))
    assert cause in found.cause


@pytest.mark.parametrize("status", [Status.PASSED, Status.UNSUPPORTED, Status.BLOCKED, Status.NOT_RUN])
def test_what_needs_no_explanation_gets_none(status: Status) -> None:
    assert diagnose(load(PAIR, "f", "h5", "load-model", status)) is None


def test_what_no_rule_fits_is_unknown_and_has_no_remedy() -> None:
    found = diagnosed(raised("RuntimeError", "something that nobody has seen before"))
    assert (found.cause, found.class_, found.remedy) == ("not diagnosed yet", "unknown", "")


@pytest.mark.parametrize(
    ("reason", "class_"),
    [
        (Reason.OPTIMIZER_LOST, "optimizer-state"),
        (Reason.COMPILE_LOST, "optimizer-state"),
        (Reason.WEIGHTS_DIFFER, "layout-changed"),
        (Reason.OUTPUTS_DIFFER, "numerics"),
        (Reason.CRASHED, "crash"),
        (Reason.TIMED_OUT, "crash"),
        (Reason.OUT_OF_MEMORY, "machine"),
        (Reason.DISK_FULL, "machine"),
        (Reason.CUSTOM_OBJECT_MISSING, "custom-code"),
    ],
)
def test_reasons_without_a_message_have_a_cause(reason: Reason, class_: str) -> None:
    assert diagnosed(load(PAIR, "f", "h5", "load-model", Status.FAILED, reason)).class_ == class_


def test_a_machine_limit_is_named_even_when_something_telling_was_raised() -> None:
    assert diagnosed(raised("MemoryError", "Unknown layer: Foo", reason=Reason.OUT_OF_MEMORY)).class_ == "machine"


def test_a_failed_import_of_protobuf_is_told_from_any_other_failed_import() -> None:
    broken = build(
        PAIR[0], Status.ERRORED, Reason.IMPORT_FAILED, error=ErrorInfo(type="TypeError", message="Descriptors cannot be created directly.")
    )
    other = build(PAIR[0], Status.ERRORED, Reason.IMPORT_FAILED, error=ErrorInfo(type="ImportError", message="libfoo.so"))
    assert "protobuf" in diagnosed(broken).cause
    assert "does not import" in diagnosed(other).cause


@pytest.mark.parametrize("reason", [r for r in Reason if r not in {Reason.SAVE_RAISED, Reason.LOAD_RAISED, Reason.PREDICT_RAISED}])
def test_errored_cells_of_every_reason_survive(reason: Reason) -> None:
    assert diagnose(load(PAIR, "f", "h5", "load-model", Status.ERRORED, reason)) is not None


def test_every_rule_has_a_known_class_and_a_condition() -> None:
    for rule in RULES:
        assert rule.class_ in CLASSES
        assert rule.pattern or rule.reasons or rule.evidence or rule.missing_object


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_any_text_is_taken(type_: str, message: str) -> None:
    outcome = raised(type_, message).model_copy(update={"warnings": (WarningInfo(category="W", message=message),)})
    assert diagnosed(outcome).class_ in CLASSES


@pytest.mark.parametrize(
    "piece", ["Unrecognized keyword arguments ", "a", "name x/", "google.protobuf", "NotImplementedError ", "\x00\n", "Layer '"]
)
def test_no_message_makes_it_slow(piece: str) -> None:
    started = time.process_time()
    diagnosed(raised("E", piece * (2_000_000 // len(piece))))
    assert time.process_time() - started < 2
