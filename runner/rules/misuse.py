"""The wrong call for a file or a model: it would not do what was meant in any version. Version borders stand in other modules."""

from __future__ import annotations

from runner.model import Reason, Stage
from runner.rules.base import THROUGH_H5, Rule, pattern
from runner.rules.keras_2_to_3 import SAME_FILE

MISUSE = (
    Rule(
        name="load-model-of-weights",
        cause="load_model was given a file of weights alone: there is no model in it to build",
        class_="misuse",
        remedy="build the model in code and call model.load_weights(path); or save the whole model with model.save(path)",
        link="https://github.com/keras-team/keras/issues/5231",
        pattern=pattern(r"No model config found in the file", r"No model found in config file"),
    ),
    Rule(
        name="load-model-of-checkpoint",
        cause="load_model was given a checkpoint: it holds values alone, no model to build",
        class_="misuse",
        remedy="build the model in code, then model.load_weights(path) or tf.train.Checkpoint(model=model).restore(path)",
        pattern=pattern(r"SavedModel file does not exist at", r"No file or directory found at", r"File format not supported"),
        formats=("weights-tf", "checkpoint"),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe", "legacy-load-model"),
    ),
    Rule(
        name="load-model-of-export",
        cause="load_model was given a SavedModel that tf.saved_model.save or model.export wrote: it has signatures and no Keras model",
        class_="misuse",
        remedy="load it with tf.saved_model.load and call its signature, or save with model.save(path) in the producer",
        link="https://github.com/keras-team/keras/issues/16451",
        pattern=pattern(
            r"Unable to create a Keras model from (?:this )?SavedModel",
            r"lacks the Keras metadata",
            r"does not contain a Keras model|was exported with `?tf\.saved_model\.save",
        ),
    ),
    Rule(
        name="save-of-no-model",
        cause="what was given to tf.saved_model.save is no model and no module (a list of arrays, say): it holds no"
        " variables that TensorFlow tracks",
        class_="misuse",
        remedy="pass the model itself; for the arrays of get_weights() use numpy.savez",
        pattern=pattern(r"Expected (?:an object of type `)?(?:a )?`?Trackable`?.{0,200}(?:for export|\bGot\b|got)"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="monitor-unknown",
        cause="a ModelCheckpoint is to monitor a value that no metric of the compiled model has as its name, or of which Keras does not"
        " know whether more or less of it is better",
        class_="misuse",
        remedy="take the name as history.history has it ('val_accuracy', say), and mode='max' or mode='min'",
        pattern=pattern(r"callback received monitor=(\S{1,60}), but Keras isn't able to automatically determine"),
    ),
    Rule(
        name="save-unbuilt",
        cause="the model had no weights yet when it was saved: it was never built or called",
        class_="misuse",
        remedy="call the model once on data, or model.build(input_shape), before saving",
        pattern=pattern(
            r"saving a model that has not yet been built",
            r"Weights for model '?(\w{0,60})'? have not yet been created",
            r"cannot be saved (?:either )?because the input shapes? (?:has|have|is|are) not",
        ),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="subclassed-h5-of-keras-3",
        cause="Keras 3 writes subclassed models to .h5, and load_model of Keras 2 makes such a model and does not build it: it has no"
        " weights yet when it is to take those of the file",
        class_="keras-2-to-3",
        remedy=SAME_FILE,
        pattern=pattern(r"Model expected 0 layers, found [1-9]", r"layers into a model with 0 layers"),
        formats=("h5",),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="plain-variable-not-counted",
        cause="the layer is built and has no weights of its own here, while the file has some: Keras 3 does not count a plain tf.Variable"
        " among a layer's weights, as Keras 2 does",
        class_="keras-2-to-3",
        remedy="make such variables with self.add_weight, in both versions; or load with skip_mismatch=True and assign the value by hand",
        link="https://github.com/keras-team/keras/issues/18467",
        pattern=pattern(r"built=True>:? {0,3}Layer '?(\w{1,80})'? expected 0 variables, but received [1-9]"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="plain-variable-not-saved",
        cause="the file has no values for this layer: its weight is a plain tf.Variable, as its name tells, which Keras 3 does not save, or"
        " Keras 3 keeps the values of the layer under another path",
        class_="keras-2-to-3",
        remedy="make such variables with self.add_weight, in both versions, and save again",
        link="https://github.com/keras-team/keras/issues/18467",
        pattern=pattern(r"expected \d{1,3} variables, but received 0 variables during loading\. Expected: \['([^'/]{1,60}):0'\]"),
        formats=("weights-h5", "keras-v3"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="values-given-late",
        cause="a checkpoint was read into a model that had no weights yet: it takes its values when it is built, and a layer then takes"
        " those of another one, which have another shape",
        class_="misuse",
        remedy="call the model once on data, or model.build(input_shape), before load_weights",
        pattern=pattern(
            r"Tensor's shape (\([\d, ]{1,40}\)) is not compatible with supplied shape",
            r"initial value's shape \((\([\d, ]{1,40}\))\) is not compatible with the explicitly supplied",
        ),
        formats=("weights-tf", "checkpoint"),
        phases=("outputs",),
    ),
    Rule(
        name="strategy-scope",
        cause="the checkpoint was read outside of the scope of the strategy (tf.distribute) under which the model was made",
        class_="misuse",
        remedy="make the model and restore it within `with strategy.scope():`",
        pattern=pattern(r"Trying to create optimizer slot variable under the scope for tf\.distribute"),
    ),
    Rule(
        name="workers-in-one-place",
        cause="several workers wrote a checkpoint to the same place: one of them took away what another one was still to put together",
        class_="misuse",
        remedy="let only the first worker write to the path, and every other one to a directory of its own that is removed afterwards",
        pattern=pattern(r"MergeV2Checkpoints.{0,1000}(?:not found|did not exist|No such file)"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="load-model-leaves-unbuilt",
        cause="load_model makes a model of your own class from its config and reads the values before it is built: there is nothing"
        " yet for them to go into",
        class_="custom-code",
        remedy="make the model in code, call it once on data, and call model.load_weights on this same file; or save .keras",
        pattern=pattern(r"Model expected 0 layers, found [1-9]", r"layers into a model with 0 layers"),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe", "legacy-load-model"),
    ),
    Rule(
        name="part-not-built",
        cause="load_model made the model, and a layer of it has no weights yet when its values are read: it is made or called elsewhere"
        " than in build and call of the class that holds it",
        class_="custom-code",
        remedy="build it in the build method of the class that holds it (self.part.build(shape)); or make the model in code, call it once,"
        " and call load_weights on this same file",
        pattern=pattern(r"Layer '?(\w{1,80})'? expected 0 variables, but received [1-9]"),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe", "model-from-json"),
    ),
    Rule(
        name="load-unbuilt",
        cause="the model had no weights yet when weights were loaded: it was never built or called",
        class_="misuse",
        remedy="call the model once on data, or model.build(input_shape), before load_weights",
        link="https://github.com/tensorflow/tensorflow/issues/44240",
        pattern=pattern(
            r"loading weights into a model that has not yet been built",
            r"Weights for model '?(\w{0,60})'? have not yet been created",
            r"Model which has not created its variables yet",
            r"Unable to load weights saved in HDF5 format into a subclassed",
            r"Layer '?(\w{1,80})'? expected 0 variables, but received [1-9]",
            r"Model expected 0 layers, found [1-9]",
            r"layers into a model with 0 layers",
        ),
    ),
    Rule(
        name="by-name-of-new-layout",
        cause="load_weights(by_name=True) is for the old .h5 layout only, and this file is of the new one",
        class_="misuse",
        remedy="call load_weights(path) without by_name (skip_mismatch=True skips what does not fit), or save with model.save('x.h5')",
        pattern=pattern(r"`?by_name`? only supports loading legacy", r"Invalid keyword arguments: \{'by_name'"),
    ),
    Rule(
        name="by-name-in-new-layout",
        cause="from TensorFlow 2.12 on x.weights.h5 has a layout of its own; load_weights(by_name=True) of this older version found"
        " nothing in it and said nothing",
        class_="format-changed",
        remedy=THROUGH_H5,
        reasons=(Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER),
        formats=("weights-h5",),
        loaders=("load-weights-by-name", "load-weights-skip-mismatch"),
        producer=("keras>=2.12",),
        consumer=("keras<2.12",),
    ),
    Rule(
        name="by-name-matched-nothing",
        cause="load_weights(by_name=True) found layers of the file's names nowhere in the model, and said nothing",
        class_="misuse",
        remedy="give layers explicit names on both sides, or load without by_name, which raises where the layers differ",
        link="https://github.com/keras-team/keras/pull/4778",
        reasons=(Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER),
        loaders=("load-weights-by-name",),
    ),
    Rule(
        name="skip-mismatch-alone",
        cause="load_weights of Keras 2 skips what does not fit only when it goes by name",
        class_="misuse",
        remedy="load_weights(path, by_name=True, skip_mismatch=True), from an .h5 file",
        pattern=pattern(r"skip_mismatch can only be set to True when by_name is True"),
    ),
    Rule(
        name="skip-mismatch",
        cause="load_weights(skip_mismatch=True) skipped what does not fit the model, and only warned",
        class_="misuse",
        remedy="compare the model with the one that was saved; leave skip_mismatch out to be told what differs",
        link="https://github.com/keras-team/keras/pull/8462",
        reasons=(Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER, Reason.PARTIAL_RESTORE),
        loaders=("load-weights-skip-mismatch",),
    ),
    Rule(
        name="nothing-there",
        cause="no SavedModel, HDF5 or Keras file is at this path",
        class_="misuse",
        remedy="look at what was really written and under which name: the extension decides the format",
        pattern=pattern(
            r"No file or directory found at",
            r"error message = 'No such file or directory'",
            r"Could not find checkpoint or SavedModel at",
            r"Failed to find any matching files for",
        ),
    ),
)
