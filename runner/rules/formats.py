"""Formats that one of the versions does not write, does not read, or takes for another one."""

from __future__ import annotations

from runner.model import Stage
from runner.rules.base import THROUGH_H5, Rule, pattern
from runner.rules.keras_2_to_3 import SAME_FILE

NO_SAVED_MODEL = "https://github.com/keras-team/keras/issues/18709"

FORMATS = (
    Rule(
        name="no-saved-model-in-keras-3",
        cause="Keras 3 does not read SavedModel directories with load_model",
        class_="keras-2-to-3",
        remedy="install tf-keras and call tf_keras.models.load_model(path), which gives the Keras 2 model back;"
        " for inference keras.layers.TFSMLayer(path, call_endpoint='serving_default') or tf.saved_model.load(path)",
        link=NO_SAVED_MODEL,
        pattern=pattern(r"legacy SavedModel format is not"),
        formats=("keras-dir", "own"),
    ),
    Rule(
        name="no-model-in-saved-model",
        cause="a SavedModel of tf.saved_model.save or model.export has signatures and no Keras model; load_model of Keras"
        " 3 reads no SavedModel at all",
        class_="misuse",
        remedy="keras.layers.TFSMLayer(path, call_endpoint='serving_default'), or tf.saved_model.load(path) and its signature",
        link=NO_SAVED_MODEL,
        pattern=pattern(r"legacy SavedModel format is not"),
        formats=("saved-model", "export"),
    ),
    Rule(
        name="no-checkpoint-in-keras-3",
        cause="Keras 3 does not read weights from TensorFlow checkpoints with load_weights",
        class_="keras-2-to-3",
        remedy=f"load it with tf-keras (TF_USE_LEGACY_KERAS=1); or {THROUGH_H5}",
        link="https://github.com/keras-team/keras/issues/18709",
        pattern=pattern(r"File format not supported"),
        formats=("weights-tf", "checkpoint"),
    ),
    Rule(
        name="no-directory-in-keras-3",
        cause="Keras 3 writes .keras and .h5 only, no directories",
        class_="keras-2-to-3",
        remedy="model.export(path) for serving, model.save('x.keras') for everything else",
        link="https://github.com/keras-team/keras-core/pull/674",
        pattern=pattern(r"Invalid filepath extension for saving"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="shapes-by-name",
        cause="the model takes its inputs in a dict, and Keras 2 cannot read back the shapes of such inputs that it wrote into the .keras"
        " file",
        class_="format-changed",
        remedy=SAME_FILE,
        pattern=pattern(r"Error converting shape to a TensorShape: Failed to convert '(\{.{1,80}?\})' to a shape"),
        formats=("keras-v3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="shape-as-an-object",
        cause="from TensorFlow 2.2 on a SavedModel describes the shape of inputs in a way that this older version takes for a list"
        " of sizes",
        class_="format-changed",
        remedy=THROUGH_H5,
        pattern=pattern(r"Error converting shape to a TensorShape: .{0,120}'class_name'"),
        consumer=("tensorflow<2.2",),
    ),
    Rule(
        name="export-of-dict",
        cause="the model takes its inputs in a dict, and model.export calls it with a list of them",
        class_="misuse",
        remedy="tf.saved_model.save(model, path), which calls it as it was built; or export with an input_signature of that structure",
        pattern=pattern(r"structure of `inputs` doesn't match the expected structure"),
        formats=("export",),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="argument-of-older-formats",
        cause="model.save takes this argument for the older formats only, and not for .keras",
        class_="misuse",
        remedy="leave it out; to leave out the optimizer, save a copy that is not compiled: copy = tf.keras.models.clone_model(model);"
        " copy.set_weights(model.get_weights()); TensorFlow 2.16 and later take include_optimizer=False for .keras, and save the optimizer"
        " all the same",
        pattern=pattern(r"argument\(s\) are not supported with the native Keras format: \['(\w{1,60})'"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="weights-h5-only",
        cause="Keras 3 writes weights to .weights.h5 only",
        class_="keras-2-to-3",
        remedy="save_weights('x.weights.h5'), or tf.train.Checkpoint for a checkpoint",
        link="https://github.com/keras-team/keras-io/issues/1568",
        pattern=pattern(r"filename must end in `\.weights\.h5`", r"expected a `\.weights\.h5` extension"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="older-than-keras-format",
        cause="this version is older than the .keras format and takes the file for something else",
        class_="format-changed",
        remedy=THROUGH_H5,
        link="https://github.com/keras-team/keras/issues/21663",
        pattern=pattern(
            r"SavedModel file does not exist at", r"file signature not found", r"Unable to load model\. Filepath is not an hdf5 file"
        ),
        formats=("keras-v3",),
    ),
    Rule(
        name="h5-of-subclassed",
        cause="HDF5 takes functional and sequential models only, not subclassed ones",
        class_="custom-code",
        remedy="model.save_weights('x.h5'), and load_weights into the model built in code; or a SavedModel",
        link="https://github.com/tensorflow/tensorflow/issues/29545",
        pattern=pattern(r"requires the model to be a Functional model or a Sequential"),
    ),
    Rule(
        name="table-in-h5",
        cause="this version keeps the table of a lookup layer (its vocabulary) as something that .h5 cannot hold",
        class_="format-changed",
        remedy="a SavedModel or a checkpoint; or carry the vocabulary beside the weights (get_vocabulary, set_vocabulary); later versions"
        " write .h5",
        link="https://github.com/keras-team/keras/issues/16657",
        pattern=pattern(r"weights that is not an instance of `tf\.Variable` is not supported in h5.{0,80}layer (\w{1,60})"),
    ),
    Rule(
        name="bfloat16-in-hdf5",
        cause="HDF5 keeps weights of a type that NumPy does not have (bfloat16) as bare bytes, and this load cannot turn them into numbers",
        class_="format-changed",
        remedy="keep the weights in float32 (the policy mixed_bfloat16 still computes in bfloat16), or save a checkpoint, a SavedModel or"
        " the .keras of Keras 3; by hand: h5py_dataset[()].view(tf.bfloat16.as_numpy_dtype)",
        pattern=pattern(r"No cast function available"),
        formats=("h5", "weights-h5", "json-weights", "keras-v3"),
    ),
    Rule(
        name="h5-header-limit",
        cause="the attributes of an HDF5 file hold at most 64 kB, and the names of this model need more",
        class_="format-changed",
        remedy="a SavedModel, a checkpoint or .keras; or fewer and shorter names of layers and weights",
        link="https://github.com/keras-team/keras/issues/5253",
        pattern=pattern(r"attributes cannot be saved to HDF5 file because they are larger", r"object header message is too large"),
    ),
)
