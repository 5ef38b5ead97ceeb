"""The formats a model can be written in and the loaders that read each: closed lists, each with a line of text.

Whether an environment has one of them is never looked up here: the agent finds out inside the environment.
"""

from __future__ import annotations

FORMATS: dict[str, tuple[str, ...]] = {
    "saved-model": ("saved-model-load", "serving", "tfsm-layer", "load-model"),
    "keras-dir": ("load-model", "load-model-nocompile", "legacy-load-model", "saved-model-load", "serving", "tfsm-layer"),
    "export": ("saved-model-load", "serving", "tfsm-layer"),
    "h5": ("load-model", "load-model-nocompile", "legacy-load-model", "load-weights", "load-weights-by-name", "load-weights-skip-mismatch"),
    "keras-v3": ("load-model", "load-model-nocompile", "load-model-unsafe", "legacy-load-model", "load-weights"),
    "weights-h5": ("load-weights", "load-weights-by-name", "load-weights-skip-mismatch"),
    "weights-tf": ("load-weights",),
    "json-weights": ("model-from-json",),
    "checkpoint": ("checkpoint-restore", "checkpoint-restore-asserted"),
    "own": ("own",),
}
"""Each format with the loaders that make sense for it, in the order in which they are run and shown."""

FORMAT_TEXT: dict[str, str] = {
    "saved-model": "tf.saved_model.save(model, directory)",
    "keras-dir": "model.save(directory, save_format='tf'): the SavedModel of Keras 2, with the Keras metadata",
    "export": "model.export(directory): a SavedModel for inference only",
    "h5": "model.save('model.h5'): the old single-file format",
    "keras-v3": "model.save('model.keras'): the Keras 3 format, in Keras 2 from 2.12",
    "weights-h5": "model.save_weights('model.weights.h5')",
    "weights-tf": "model.save_weights('weights', save_format='tf'): a TensorFlow checkpoint of the weights, Keras 2 only",
    "json-weights": "model.to_json() in one file, model.save_weights('model.weights.h5') in another",
    "checkpoint": "tf.train.Checkpoint(model=..., optimizer=...).save(directory/ckpt)",
    "own": "what the fixture's own save function writes",
}

CODE: dict[str, str] = {
    "given": "its classes are made, registered where it registers them, and passed as custom_objects",
    "same": "its module is imported and its classes are made, and registered where it registers them; nothing is passed",
    "moved": "the same in a module of another name",
    "absent": "nobody makes or registers its classes",
}
"""Where a model's own code is when a whole model is loaded."""

LOADERS: dict[str, str] = {
    "load-model": "tf.keras.models.load_model(path)",
    "load-model-nocompile": "tf.keras.models.load_model(path, compile=False)",
    "load-model-unsafe": "tf.keras.models.load_model(path, safe_mode=False): Python code in the file is allowed to run",
    "legacy-load-model": "tf_keras.models.load_model(path), with tf-keras installed beside Keras 3",
    "saved-model-load": "tf.saved_model.load(directory), then its serving signature is called",
    "serving": "tf.compat.v1.saved_model.load in a session: the signature by name, tensors in, tensors out, as TF Serving has it",
    "tfsm-layer": "keras.layers.TFSMLayer(directory): a SavedModel as an inference-only layer",
    "load-weights": "the model is rebuilt with other weights, then model.load_weights(path)",
    "load-weights-by-name": "the same with by_name=True: layers are matched by their names",
    "load-weights-skip-mismatch": "the same with skip_mismatch=True (and by_name=True, where Keras wants it): what does not fit is skipped",
    "model-from-json": "tf.keras.models.model_from_json(text), then model.load_weights(path)",
    "checkpoint-restore": "tf.train.Checkpoint(...).restore(path) as people write it: nothing is asserted",
    "checkpoint-restore-asserted": "the same, with the restore asserted to be complete",
    "own": "the fixture's own load function",
}
"""Each loader with a line of text."""

KINDS: dict[str, tuple[str, ...]] = {
    "whole model": ("load-model", "load-model-nocompile", "load-model-unsafe", "legacy-load-model"),
    "weights": (
        *("load-weights", "load-weights-by-name", "load-weights-skip-mismatch", "model-from-json"),
        *("checkpoint-restore", "checkpoint-restore-asserted"),
    ),
    "graph": ("saved-model-load", "serving", "tfsm-layer"),
    "own": ("own",),
}
"""What a loader brings back: the model that was saved; values, for a model that is there already; or what it computes, without a model."""


def kind_of(loader: str) -> str:
    """Return what a loader brings back; `own` for one that is not of the list."""
    return next((kind for kind, loaders in KINDS.items() if loader in loaders), "own")
