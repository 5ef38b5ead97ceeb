"""Cases of diagnosis that no run of the matrix has shown yet: messages tried by hand, of source code, or of threads upstream."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, NamedTuple

from runner.model import Check, CheckResult, ErrorInfo, Outcome, Reason, Status, WarningInfo
from runner.rules.facts import Environments
from tests.unit.samples import build, load, save

PAIR = ("tf2.12-py311", "tf2.16-py311")


class Written(NamedTuple):
    rule: str
    outcome: Outcome
    facts: Environments = MappingProxyType({})


def kerases(producer: str, consumer: str) -> Environments:
    """Return facts of the pair."""
    return {PAIR[0]: {"keras": producer, "tensorflow": producer}, PAIR[1]: {"keras": consumer, "tensorflow": consumer}}


def raised(type_: str, message: str, format_: str = "h5", reason: Reason = Reason.LOAD_RAISED, loader: str = "load-model") -> Outcome:
    """Return a load that raised."""
    return load(PAIR, "f", format_, loader, Status.FAILED, reason, error=ErrorInfo(type=type_, message=message, phase="load"))


def not_saved(type_: str, message: str, format_: str = "h5") -> Outcome:
    """Return a save that raised."""
    return save(PAIR[0], "f", format_, Status.FAILED, Reason.SAVE_RAISED, error=ErrorInfo(type=type_, message=message, phase="save"))


def silent(reason: Reason, format_: str = "h5", loader: str = "load-model", status: Status = Status.FAILED, **more: Any) -> Outcome:
    """Return a load that raised nothing."""
    return load(PAIR, "f", format_, loader, status, reason, **more)


def noted(check: str, **detail: Any) -> dict[str, Any]:
    """Return the notes of one check."""
    return {"checks": {check: detail}}


def warned(message: str) -> tuple[WarningInfo, ...]:
    """Return one warning."""
    return (WarningInfo(category="WARNING", message=message, partial=True),)


def optimizer(problem: str) -> Outcome:
    """Return a cell whose optimizer came back with a problem."""
    return silent(Reason.OPTIMIZER_DIFFERS, status=Status.DEGRADED, notes=noted("optimizer", problems=[problem]))


KERAS_2_TO_3, KERAS_3_TO_2 = kerases("2.15.0", "3.5.0"), kerases("3.5.0", "2.15.0")
WEIGHTS = {"checks": {"weights": {"differing": ["dense/kernel"], "matched_by": "name"}}}

WRITTEN: tuple[Written, ...] = (
    Written(
        "argument-of-loss-or-metric",
        silent(
            Reason.COMPILE_LOST,
            status=Status.DEGRADED,
            notes=noted("compile", expected="within", found="within", problems=["Within: margin is 1.0 instead of 0.5"]),
        ),
    ),
    Written(
        "metrics-renamed",
        silent(
            Reason.COMPILE_LOST, status=Status.DEGRADED, notes=noted("compile", renamed=["mae is called mean_absolute_error"])
        ),
    ),
    Written(
        "optimizer-made-for-other-layers",
        silent(
            Reason.COMPILE_LOST,
            "keras-v3",
            status=Status.DEGRADED,
            notes=noted("compile", values={"loss": {"expected": 0.785, "found": 0.791}}),
            checks={Check.COMPILE: CheckResult.FAILED, Check.TRAIN_STEP: CheckResult.FAILED},
            warnings=warned(
                "Skipping variable loading for optimizer 'adam', because it has 6 variables whereas the saved optimizer has 14 variables. "
            ),
        ),
    ),
    Written(
        "export-of-dict",
        not_saved(
            "ValueError",
            "Exception encountered when calling Functional.call().\n\nThe structure of `inputs` doesn't match the expected structure.\n"
            "Expected: {'b': 'b', 'a': 'a'}\nReceived: inputs=['Tensor(shape=(None, 4))', 'Tensor(shape=(None, 4))']",
            "export",
        ),
    ),
    Written(
        "shape-as-an-object",
        raised(
            "ValueError",
            "Error converting shape to a TensorShape: Dimension value must be integer or None or have an __index__ method, got 'class_name'.",
            "keras-dir",
        ),
        kerases("2.2.3", "2.1.4"),
    ),
    Written(
        "load-unbuilt",
        raised("ValueError", "Weights for model unbuilt have not yet been created. Weights are created when the Model is first called.", loader="load-weights"),
    ),
    Written("schedule-changed", optimizer("learning_rate at step 75: 0.01 instead of 0.001")),
    Written("schedule-changed", optimizer("schedule's boundaries: 149.0 instead of 101.0")),
    Written("weight-decay-reaches-more", optimizer("excluded from weight decay: 'nothing' instead of 'beta, bias'")),
    Written("inputs-of-fewer-sizes", silent(Reason.CONFIG_DIFFERS, notes=noted("config", problems=["input 1 takes rows of 5 x 4 instead of rows of any x 4"]))),
    Written(
        "outputs-without-their-names",
        silent(Reason.CONFIG_DIFFERS, notes=noted("config", problems=["outputs come as a list instead of a dict of end, start"])),
    ),
    Written(
        "made-otherwise",
        silent(
            Reason.OUTPUTS_DIFFER,
            loader="load-weights",
            checks={Check.WEIGHTS: CheckResult.PASSED, Check.OUTPUTS: CheckResult.FAILED},
            notes=noted("config", settings=["lstm: recurrent_activation is 'sigmoid' instead of 'hard_sigmoid'"]),
        ),
    ),
    # Around TensorFlow.
    Written("damage-unnoticed", silent(Reason.DAMAGE_UNNOTICED)),
    Written("killed-from-outside", silent(Reason.OUT_OF_MEMORY, status=Status.ERRORED, notes={"why": "something outside killed the process"})),
    Written("memory-limit", silent(Reason.OUT_OF_MEMORY)),
    Written("disk-full", silent(Reason.DISK_FULL)),
    Written("permission", silent(Reason.PERMISSION_DENIED, status=Status.ERRORED)),
    Written("load-hangs", silent(Reason.TIMED_OUT)),
    Written("save-hangs", save(PAIR[0], "f", "h5", Status.FAILED, Reason.TIMED_OUT)),
    Written("check-failed", silent(Reason.CRASHED, log="F tensorflow/core/x.cc:12] Check failed: n > 0 (0 vs. 0)\nAborted")),
    Written("signal", silent(Reason.CRASHED, notes={"signal": 11})),
    Written("signal-sent", silent(Reason.CRASHED, notes={"signal": 15})),
    Written("raised-in-own-save-or-load", load(PAIR, "f", "own", "own", Status.FAILED, Reason.LOAD_RAISED, error=ErrorInfo(type="ValueError", message="y" * 20000, traceback="y" * 12000, phase="load"))),
    Written("left-with-exit-code", silent(Reason.CRASHED, notes={"exit_code": 3})),
    Written("left-without-result", silent(Reason.CRASHED)),
    Written("protobuf-newer", build(PAIR[0], Status.ERRORED, Reason.IMPORT_FAILED, error=ErrorInfo(type="TypeError", message="Descriptors cannot not be created directly."))),
    Written("numpy-newer", raised("AttributeError", "module 'numpy' has no attribute 'object'.")),
    Written("numpy-newer", raised("AttributeError", "`np.unicode_` was removed in the NumPy 2.0 release. Use `np.str_` instead.")),
    Written("h5py-3", raised("AttributeError", "'str' object has no attribute 'decode'")),
    Written("module-missing", raised("ModuleNotFoundError", "No module named 'sentencepiece'")),
    Written("wrapt-newer", not_saved("TypeError", "this __dict__ descriptor does not support '_DictWrapper' objects", "keras-dir")),
    Written("addons-missing", raised("ValueError", "Unknown layer: 'Addons>SpectralNormalization'. Please ensure")),
    Written("lambda-bytecode", raised("ValueError", "bad marshal data (unknown type code)")),
    Written("lambda-bytecode", raised("EOFError", "EOF read where object expected")),
    # Graphs.
    Written("attribute-unknown", raised("ValueError", "NodeDef mentions attr 'debug_name' not in Op<name=VarHandleOp; signature= -> resource:resource>", "keras-dir")),
    Written("graph-needs-newer", raised("ValueError", "GraphDef min consumer version 1999 above current version 1286 for TensorFlow 2.12.1.", "keras-dir")),
    Written("lambda-kills-python", silent(Reason.CRASHED, "keras-v3", "load-model-unsafe", notes={"signal": 11}), {PAIR[0]: {"python": "3.11.7"}, PAIR[1]: {"python": "3.13.1"}}),
    Written("lambda-without-its-module", raised("NameError", "Exception encountered when calling Lambda.call(). name 'tf' is not defined", "keras-v3", Reason.PREDICT_RAISED)),
    Written("served-without-variables", raised("FailedPreconditionError", "Graph execution error: Could not find variable b/bias. This could mean that the variable has been deleted.", "saved-model", Reason.PREDICT_RAISED, "serving")),
    Written("object-came-back", raised("TypeError", "the load raised nothing and returned a AutoTrackable, which is no Keras model: it has no predict", "saved-model", Reason.PREDICT_RAISED)),
    Written("signature-other", silent(Reason.SIGNATURE_DIFFERS, "saved-model", "saved-model-load", notes=noted("signature", problems=["2 outputs instead of 1"]))),
    Written("signature-differs", silent(Reason.SIGNATURE_DIFFERS, "saved-model", "saved-model-load", checks={"signature": CheckResult.FAILED})),
    # Checkpoints.
    Written("restore-warned-keras-2-to-3", silent(Reason.WEIGHTS_DIFFER, "own", "own", warnings=warned("Value in checkpoint could not be found in the restored object: (root).model.hidden.kernel")), KERAS_2_TO_3),
    Written("restore-warned-keras-3-to-2", silent(Reason.WEIGHTS_DIFFER, "own", "own", warnings=warned("Unresolved object in checkpoint: (root).model._operations.0")), KERAS_3_TO_2),
    Written("restore-more-weights", silent(Reason.WEIGHTS_DIFFER, "checkpoint", "checkpoint-restore", notes=noted("weights", differing=[], matched_by="value", unexpected=["new_head/kernel"]))),
    Written("restore-new-optimizer-warned", silent(Reason.OPTIMIZER_LOST, "own", "own", Status.DEGRADED, warnings=warned("Value in checkpoint could not be found in the restored object: (root).optimizer._variables.3")), kerases("2.15.0", "2.8.0")),
    Written("restore-slot-order", raised("ValueError", "Received incompatible tensor with shape (4, 5) when attempting to restore variable with shape (5,) and name Adam/m/dense_53/bias:0.", "checkpoint", loader="checkpoint-restore")),
    Written("restore-other-objects", raised("AssertionError", "Found 14 Python objects that were not bound to checkpointed values, likely due to", "checkpoint", loader="checkpoint-restore")),
    Written("restore-silent", silent(Reason.WEIGHTS_DIFFER, "checkpoint", "checkpoint-restore", notes=WEIGHTS), kerases("2.12.0", "2.12.0")),
    Written("restore-other-names", silent(Reason.WEIGHTS_DIFFER, "own", "own", warnings=warned("Value in checkpoint could not be found in the restored object: (root).model.hidden.kernel"))),
    Written("restore-left-values", silent(Reason.PARTIAL_RESTORE, "checkpoint", "checkpoint-restore", Status.DEGRADED, warnings=warned("Value in checkpoint could not be found in the restored object: (root).step"))),
    # Misuse.
    Written("load-model-of-weights", raised("ValueError", "No model config found in the file at <GFile object at 0x7f93fc9b2940>.", "weights-h5")),
    Written("load-model-of-weights", raised("ValueError", "No model found in config file.", "weights-h5")),
    Written("load-model-of-checkpoint", raised("OSError", "SavedModel file does not exist at: /models/ck-1/{saved_model.pbtxt|saved_model.pb}", "checkpoint")),
    Written("load-model-of-checkpoint", raised("ValueError", "File format not supported: filepath=/models/weights. Keras 3 only supports V3 `.keras`", "weights-tf")),
    Written("save-of-no-model", not_saved("ValueError", "Expected a Trackable object for export, got [array([[-0.1, -0.5]])].", "saved-model")),
    Written("save-of-no-model", not_saved("ValueError", "Expected an object of type `Trackable`, such as `tf.Module` or a subclass of the `Trackable` class, for export. Got [array([[-0.6]])] with type <class 'list'>.", "saved-model")),
    Written("save-unbuilt", not_saved("ValueError", "You are saving a model that has not yet been built. Try building the model first", "weights-h5")),
    Written("save-unbuilt", not_saved("ValueError", "Weights for model 'sequential_1' have not yet been created. Weights are created when", "weights-tf")),
    Written("save-unbuilt", not_saved("ValueError", "Model <Sub object at 0x7f5971da5510> cannot be saved either because the input shape is not available or because the forward pass of the model is not defined.", "keras-dir")),
    Written("load-model-leaves-unbuilt", raised("ValueError", "Layer count mismatch when loading weights from file. Model expected 0 layers, found 3 saved layers.", "h5", loader="load-model")),
    Written("load-unbuilt", raised("ValueError", "You are loading weights into a model that has not yet been built.", "weights-h5", loader="load-weights")),
    Written("load-unbuilt", raised("ValueError", "Unable to load weights saved in HDF5 format into a subclassed Model which has not created its variables yet.", "weights-h5", loader="load-weights")),
    Written("load-unbuilt", raised("ValueError", "Layer 'dense_14' expected 0 variables, but received 2 variables during loading. Expected: []", "weights-h5", loader="load-weights")),
    Written("load-unbuilt", raised("ValueError", "Layer count mismatch when loading weights from file. Model expected 0 layers, found 2 saved layers.", loader="load-weights")),
    Written("skip-mismatch-alone", raised("ValueError", "When calling model.load_weights, skip_mismatch can only be set to True when by_name is True.", loader="load-weights-skip-mismatch")),
    Written("skip-mismatch", silent(Reason.WEIGHTS_DIFFER, "weights-h5", "load-weights-skip-mismatch", notes=WEIGHTS)),
    Written("nothing-there", raised("OSError", "No file or directory found at /models/nothing")),
    Written("nothing-there", raised("FileNotFoundError", "[Errno 2] Unable to synchronously open file (unable to open file: name = 'x.h5', errno = 2, error message = 'No such file or directory', flags = 0)")),
    Written("nothing-there", raised("NotFoundError", "Error when restoring from checkpoint or SavedModel at /models/nope: Unsuccessful TensorSliceReader constructor: Failed to find any matching files for /models/nope", "checkpoint", loader="checkpoint-restore")),
    # Formats.
    Written("no-directory-in-keras-3", not_saved("ValueError", "Invalid filepath extension for saving. Please add either a `.keras` extension", "keras-dir")),
    Written("weights-h5-only", not_saved("ValueError", "The filename must end in `.weights.h5`. Received: filepath=/a/wtf", "weights-tf")),
    Written("keras-file-of-old-format", raised("ValueError", "File not found: filepath=/a/m.keras. Please ensure the file is an accessible `.keras` zip file.", "keras-v3"), kerases("2.12.1", "3.5.0")),
    Written("h5-header-limit", not_saved("RuntimeError", "The following attributes cannot be saved to HDF5 file because they are larger than 64512 bytes: [b'x']")),
    # Code.
    Written("object-missing", raised("ValueError", "Unknown layer: 'Scale'. Please ensure", reason=Reason.CUSTOM_OBJECT_MISSING)),
    Written("object-missing", raised("TypeError", "Could not locate class 'Scale'.").model_copy(update={"notes": {"missing_object": "Scale"}})),
    Written("product-of-nadam", silent(Reason.TRAIN_STEP_DIFFERS, status=Status.DEGRADED, checks={Check.OPTIMIZER: CheckResult.PASSED}, notes=noted("optimizer", **{"class": "Nadam"}))),
    Written("no-config", raised("KeyError", "'layers'", "keras-dir")),
    Written("load-without-get-config", raised("NotImplementedError", "Layer Scale has arguments in `__init__` and therefore must override `get_config`.", "keras-dir")),
    Written("get-config-without-argument", raised("TypeError", "Scale.__init__() missing 1 required positional argument: 'units'", "keras-dir")),
    Written("init-without-kwargs", raised("TypeError", "_layer.<locals>.StrictDense.__init__() got an unexpected keyword argument 'name'")),
    Written("activation-as-function", raised("TypeError", "Unknown activation function: 'function'. Please ensure you are using")),
    Written("function-in-h5", raised("TypeError", "Object of type function is not JSON serializable")),
    Written("loss-not-found-in-h5", load(PAIR, "f", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=ErrorInfo(type="TypeError", message="string indices must be integers, not 'str'", traceback="in compile_args_from_training_config"))),
    Written("not-built-while-loading", raised("ValueError", "Layer count mismatch when loading weights from file. Model expected 1 layers, found 2 saved layers."), KERAS_2_TO_3),
    Written("name-instead-of-object", load(PAIR, "f", "keras-v3", "load-model", Status.DEGRADED, Reason.TRAIN_STEP_RAISED, error=ErrorInfo(type="TypeError", message="'str' object is not callable", phase="train-step"))),
    Written("layer-without-call", raised("ValueError", "Cannot call custom layer scale of type <class 'Scale'>, because the call function was not serialized to the SavedModel.", "keras-dir", Reason.PREDICT_RAISED)),
    Written("object-not-restored", raised("ValueError", 'Unable to restore custom object of class "Scale" (type _tf_keras_layer).', "keras-dir")),
    Written("safe-mode", raised("ValueError", "Requested the deserialization of a `Lambda` layer whose `function` is a Python lambda. This carries a potential risk of arbitrary code execution and thus it is disallowed by default. If you trust the source of the saved model, you can pass `safe_mode=False` to the loading function", "keras-v3")),
    # Configurations.
    Written("keras-file-of-2.12", raised("TypeError", "Could not deserialize class 'Functional' because its parent module keras.engine.functional cannot be imported.", "keras-v3"), kerases("2.12.0", "2.15.0")),
    Written("keras-file-for-2.12", raised("TypeError", "Unrecognized keyword arguments: ['batch_shape']", "keras-v3"), kerases("3.5.0", "2.12.0")),
    Written("input-optional", raised("TypeError", "Exception encountered: Unrecognized keyword arguments: ['optional']"), kerases("2.21.0", "2.15.0")),
    Written("dtype-policy", raised("ValueError", "Unknown dtype policy: 'DTypePolicy'. Please ensure you are using"), KERAS_3_TO_2),
    Written("dtype-policy-of-keras-2", raised("AttributeError", "'str' object has no attribute 'quantization_mode'"), KERAS_2_TO_3),
    Written("tf-keras-modules", raised("TypeError", "Could not deserialize class 'Functional' because its parent module tf_keras.src.engine.functional cannot be imported.", "keras-v3")),
    Written("optimizer-arguments", raised("ValueError", "Argument(s) not recognized: {'lr': 0.001}")),
    Written("reduction-auto", raised("ValueError", "Invalid value for argument `reduction`. Expected one of {None, 'sum'}. Received: reduction=auto"), KERAS_2_TO_3),
    Written("loss-unknown", raised("ValueError", "Unknown loss function: 'own_loss'. Please ensure you are using")),
    Written("word-of-keras-2", raised("ValueError", "Unrecognized keyword arguments passed to LSTM: {'time_major': False}"), KERAS_2_TO_3),
    Written("word-of-keras-3", raised("TypeError", "('Keyword argument not understood:', 'seed_generator')"), KERAS_3_TO_2),
    Written("word-unknown", raised("TypeError", "__init__() got an unexpected keyword argument 'ragged'")),
    Written("operations-of-keras-2", raised("ValueError", "Unknown layer: 'TFOpLambda'. Please ensure you are using"), KERAS_2_TO_3),
    Written("operations-of-keras-3", raised("ValueError", "Unknown layer: 'NotEqual'. Please ensure you are using a `keras.utils.custom_object_scope`")),
    Written("class-of-keras-3", raised("ValueError", "Unknown layer: 'GroupQueryAttention'. Please ensure you are using"), KERAS_3_TO_2),
    Written("class-of-keras-2", raised("TypeError", "Could not locate class 'ThresholdedReLU'. Make sure custom classes are decorated", "keras-v3"), KERAS_2_TO_3),
    Written("functional-is-model", raised("ValueError", "Unknown layer: Functional"), kerases("2.4.0", "2.2.0")),
    Written("class-unknown", raised("ValueError", "Unknown layer: 'Scale'. Please ensure you are using a `keras.utils.custom_object_scope`")),
    Written("config-refused", raised("TypeError", "<class 'keras.src.models.sequential.Sequential'> could not be deserialized properly. Please", "keras-v3")),
    # Values.
    Written("layout-of-keras-2-and-3", raised("ValueError", "Layer 'lstm' expected 3 variables, but received 0 variables during loading.", "keras-v3"), KERAS_2_TO_3),
    Written("layout-of-keras-3-and-2", raised("ValueError", "Layer 'lstm' expected 3 variables, but received 0 variables during loading.", "weights-h5"), KERAS_3_TO_2),
    Written("layout-of-other-minor", raised("ValueError", "A total of 1 objects could not be loaded. Example error message for object <GRU name=gru>", "keras-v3"), kerases("3.14.0", "3.5.0")),
    Written("shapes-of-2.12", raised("ValueError", "Cannot assign value to variable ' frozen/kernel:0': Shape mismatch.The variable shape (16, 6), and the assigned value shape (6, 3) are incompatible.", "keras-v3"), kerases("2.12.0", "2.15.0")),
    Written("other-layers", raised("ValueError", "You are trying to load a weight file containing 2 layers into a model with 3 layers.", loader="load-weights")),
    Written("other-shape", raised("ValueError", "Cannot assign to variable a/kernel:0 due to variable shape (4, 7) and value shape (4, 5) are incompatible", loader="load-weights")),
    Written("other-shape", raised("ValueError", "Shape mismatch in layer #0 (named a)for weight a/kernel. Weight expects shape (4, 7). Received saved weight with shape (4, 5)", loader="load-weights")),
    Written("other-shape", raised("ValueError", "Received incompatible tensor with shape (5,) when attempting to restore variable with shape (7,) and name a/bias:0.", "checkpoint", loader="checkpoint-restore")),
    Written("other-shape", raised("ValueError", "Shapes (7,) and (5,) are incompatible", "checkpoint", loader="checkpoint-restore")),
    Written("not-hdf5", raised("OSError", "Unable to open file (file signature not found)")),
    # Optimizers.
    Written("optimizer-of-other-shape", raised("ValueError", "A total of 1 objects could not be loaded. Example error message for object <keras.src.optimizers.nadam.Nadam object at 0x7fb4>: The shape of the target variable and the shape of the target value in `variable.assign(value)` must match.", "keras-v3")),
    Written("h5-optimizer-lost", silent(Reason.OPTIMIZER_LOST, status=Status.DEGRADED, warnings=warned("Error in loading the saved optimizer state. As a result, your model is starting with a freshly initialized optimizer."))),
    Written("optimizer-slots", optimizer("3 of 4 slots differ")),
    Written("optimizer-class", optimizer("class: Adam instead of RMSprop")),
    Written("optimizer-fresh", silent(Reason.OPTIMIZER_LOST, "keras-v3", status=Status.DEGRADED)),
    Written("optimizer-setting", optimizer("learning_rate: 0.001 instead of 0.003")),
    Written("optimizer-setting", optimizer("loss_scale: 256.0 instead of 512.0")),
    Written("optimizer-steps", optimizer("iterations: 0 instead of 3")),
    Written("optimizer-slots", optimizer("2 of 4 slots differ")),
    Written("optimizer-unread", load(PAIR, "f", "keras-v3", "load-model", Status.DEGRADED, Reason.OPTIMIZER_DIFFERS, error=ErrorInfo(type="AttributeError", message="odd", phase="optimizer"))),
    Written("compilation-lost", silent(Reason.COMPILE_LOST, status=Status.DEGRADED, notes=noted("compile", found="not compiled"))),
    Written("metrics-lost", silent(Reason.COMPILE_LOST, status=Status.DEGRADED, notes=noted("compile", expected="the metrics accuracy", found="none"))),
    Written("loss-of-other-value", silent(Reason.COMPILE_LOST, "keras-v3", status=Status.DEGRADED, notes=noted("compile", expected="huber", found="huber", values={"acc": {"expected": 0.5, "found": 0.6}, "loss": {"expected": 0.25, "found": 0.5}}))),
    Written("metric-of-other-value", silent(Reason.COMPILE_LOST, "keras-v3", status=Status.DEGRADED, notes=noted("compile", expected="mse", found="mse", values={"acc": {"expected": 0.25, "found": 0.5}}))),
    Written("metric-of-other-value", silent(Reason.COMPILE_LOST, "keras-v3", status=Status.DEGRADED, notes=noted("compile", values={"acc": {"expected": 0.25, "found": "nan"}}))),
    Written("loss-changed", silent(Reason.COMPILE_LOST, status=Status.DEGRADED, notes=noted("compile", expected="huber", found="mse", values={"acc": {"expected": 0.5, "found": 0.6}, "loss": {"expected": 0.25, "found": 0.5}}))),
    Written("loss-changed", silent(Reason.COMPILE_LOST, status=Status.DEGRADED, notes=noted("compile", expected="mean_squared_error", found=None))),
    # Silent ones.
    Written("other-variables", silent(Reason.STRUCTURE_DIFFERS, status=Status.DEGRADED, notes=noted("structure", expected_count=4, found_count=2))),
    Written("variable-beside-lost", silent(Reason.WEIGHTS_DIFFER, notes=noted("weights", differing=["scale.s"], matched_by="name"), differences={Check.WEIGHTS: 0.0})),
    Written("weights-altered", silent(Reason.WEIGHTS_DIFFER, notes=noted("weights", as_made=False, differing=["dense/kernel"], matched_by="name"))),
    Written("weights-as-made", silent(Reason.WEIGHTS_DIFFER, notes=noted("weights", as_made=True, differing=["dense/kernel"], matched_by="name"))),
    Written("own-weights-keras-3-to-2", silent(Reason.WEIGHTS_DIFFER, "own", "own", notes=WEIGHTS), KERAS_3_TO_2),
    Written("weights-nearly", silent(Reason.WEIGHTS_DIFFER, notes=WEIGHTS, differences={Check.WEIGHTS: 0.0005})),
    Written("weights-other", silent(Reason.WEIGHTS_DIFFER, notes=WEIGHTS, differences={Check.WEIGHTS: 0.3})),
    Written("weights-other", silent(Reason.WEIGHTS_DIFFER, notes=WEIGHTS)),
    Written("vocabulary-changed", silent(Reason.CONFIG_DIFFERS, status=Status.DEGRADED, notes=noted("config", problems=["words: the vocabulary has 3 tokens instead of 4"]))),
    Written("dtype-policy-changed", silent(Reason.CONFIG_DIFFERS, status=Status.DEGRADED, notes=noted("config", problems=["a: the dtype policy is float32 instead of mixed_float16"]))),
    Written("random-state-changed", silent(Reason.CONFIG_DIFFERS, status=Status.DEGRADED, notes=noted("config", problems=["drop: the state of its random generator"]))),
    Written("argument-changed", silent(Reason.CONFIG_DIFFERS, status=Status.DEGRADED, notes=noted("config", problems=["normal: momentum is 0.99 instead of 0.9"]))),
    Written("unusual-inputs-wrong", silent(Reason.OUTPUTS_DIFFER, checks={"weights": CheckResult.PASSED}, notes=noted("outputs", differing=["values times 100"], raised=[]))),
    Written("unusual-inputs-raise", silent(Reason.PREDICT_RAISED, checks={"weights": CheckResult.PASSED}, notes=noted("outputs", differing=[], raised=["one row: ValueError: no"]))),
    Written("other-outputs-of-one-keras", silent(Reason.OUTPUTS_DIFFER, checks={"weights": CheckResult.PASSED}), kerases("2.15.0", "2.15.0")),
    Written("weights-right-outputs-wrong", silent(Reason.OUTPUTS_DIFFER, checks={"weights": CheckResult.PASSED}), KERAS_2_TO_3),
    Written("other-step-of-one-keras", silent(Reason.TRAIN_STEP_DIFFERS, status=Status.DEGRADED, checks={"optimizer": CheckResult.PASSED}), kerases("3.5.0", "3.5.0")),
    Written("other-algorithm", silent(Reason.TRAIN_STEP_DIFFERS, status=Status.DEGRADED, checks={"optimizer": CheckResult.PASSED}), KERAS_2_TO_3),
    Written("skipped-with-warning", silent(Reason.PARTIAL_RESTORE, "keras-v3", status=Status.DEGRADED, warnings=warned("Skipping loading weights for layer #0 (named a) due to mismatch in shape"))),
    Written("save-wrote-nothing", save(PAIR[0], "f", "own", Status.FAILED, Reason.SAVE_WROTE_NOTHING)),
    Written("save-incomplete", save(PAIR[0], "f", "weights-h5", Status.FAILED, Reason.ARTIFACT_INCOMPLETE)),
)  # fmt: skip
