"""The formats a model can be written in and the loaders that read each: closed lists, each with a line of text.

Whether an environment has one of them is never looked up here: the agent finds out inside the environment.
"""

from __future__ import annotations

FORMATS: dict[str, tuple[str, ...]] = {
    "saved-model": ("saved-model-load", "tfsm-layer", "load-model"),
    "keras-dir": ("load-model", "load-model-nocompile", "saved-model-load", "tfsm-layer"),
    "export": ("saved-model-load", "tfsm-layer"),
    "h5": ("load-model", "load-model-nocompile", "load-weights", "load-weights-by-name"),
    "keras-v3": ("load-model", "load-model-nocompile", "load-weights"),
    "weights-h5": ("load-weights", "load-weights-by-name"),
    "weights-tf": ("load-weights",),
    "checkpoint": ("checkpoint-restore", "checkpoint-restore-asserted"),
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
    "checkpoint": "tf.train.Checkpoint(model=..., optimizer=...).save(directory/ckpt)",
}

LOADERS: dict[str, str] = {
    "load-model": "tf.keras.models.load_model(path)",
    "load-model-nocompile": "tf.keras.models.load_model(path, compile=False)",
    "saved-model-load": "tf.saved_model.load(directory), then its serving signature is called",
    "tfsm-layer": "keras.layers.TFSMLayer(directory): a SavedModel as an inference-only layer",
    "load-weights": "the model is rebuilt with other weights, then model.load_weights(path)",
    "load-weights-by-name": "the same with by_name=True: layers are matched by their names",
    "checkpoint-restore": "tf.train.Checkpoint(...).restore(path) as people write it: nothing is asserted",
    "checkpoint-restore-asserted": "the same, with the restore asserted to be complete",
}
"""Each loader with a line of text."""
