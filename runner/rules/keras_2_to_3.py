"""The border between Keras 2 and Keras 3, and the early .keras format: files whose configuration the other side does not read."""

from __future__ import annotations

from runner.rules.base import THROUGH_H5, Rule, pattern

SAME_FILE = "build the model in code and load the weights alone: model.load_weights reads those of this same file, if it is .h5 or .keras"
TO_KERAS_3 = f"install tf-keras, set TF_USE_LEGACY_KERAS=1 before TensorFlow is imported, and load as before; or {SAME_FILE}"
TO_KERAS_2 = SAME_FILE

EARLY = (
    r"its parent module keras\S{1,120} cannot be imported",
    r"Argument\(s\) not recognized",
    r"Unrecognized keyword argument",
    r"could not be deserialized properly",
)
KERAS_2_TO_3 = (
    Rule(
        name="keras-file-of-2.12",
        cause="TensorFlow 2.12 wrote an early form of the .keras format, which later versions do not read",
        class_="format-changed",
        remedy=THROUGH_H5,
        pattern=pattern(*EARLY),
        formats=("keras-v3",),
        producer=("keras>=2.12,<2.13",),
        consumer=("keras>=2.13",),
    ),
    Rule(
        name="keras-file-for-2.12",
        cause="TensorFlow 2.12 knows only an early form of the .keras format, not the one that later versions write",
        class_="format-changed",
        remedy=THROUGH_H5,
        link="https://github.com/tensorflow/tensorflow/issues/62026",
        pattern=pattern(*EARLY, r"Unknown dtype policy"),
        formats=("keras-v3",),
        producer=("keras>=2.13",),
        consumer=("keras>=2.12,<2.13",),
    ),
    Rule(
        name="batch-shape",
        cause="the file says batch_shape, as Keras 3 writes the input layer, and Keras 2 does not know the word",
        class_="keras-2-to-3",
        remedy=TO_KERAS_2,
        link="https://github.com/tensorflow/tensorflow/issues/66381",
        pattern=pattern(r"Unrecognized keyword arguments.{0,60}batch_shape"),
        consumer=("keras<3",),
    ),
    Rule(
        name="batch-input-shape",
        cause="the file says batch_input_shape, as Keras 2 writes the first layer, and Keras 3 does not know the word",
        class_="keras-2-to-3",
        remedy=TO_KERAS_3,
        link="https://github.com/keras-team/keras/issues/20106",
        pattern=pattern(r"Unrecognized keyword arguments.{0,80}batch_input_shape"),
    ),
    Rule(
        name="axis-of-inner-layer",
        cause="the file has the axis of a layer as a list, as Keras 2 writes it: load_model of .h5 in Keras 3 reads that of a layer by"
        " itself, not that of one within another layer (TimeDistributed, say)",
        class_="keras-2-to-3",
        remedy=TO_KERAS_3,
        pattern=pattern(r"class '(\w{1,60})' using config=\{.{0,300}?'axis': \[.{0,4000}int\(\) argument must be"),
        formats=("h5", "own"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="word-as-function",
        cause="load_model of .h5 in Keras 3 takes a word in a layer's configuration for the name of a function, and gives the layer that"
        " function instead of the word",
        class_="format-changed",
        remedy=f"{SAME_FILE}; or save .keras in Keras 3",
        pattern=pattern(r"Invalid value for argument (\w{1,40})\. Expected one of .{1,200}Received: \w{1,40}=<function (\w{1,40}) at"),
        formats=("h5", "own"),
        consumer=("keras>=3",),
    ),
    Rule(
        name="input-optional",
        cause="the file says `optional` of its input layer, a word of newer Keras that this one does not know",
        class_="format-changed",
        remedy=TO_KERAS_2,
        pattern=pattern(r"Unrecognized keyword arguments: \['optional'"),
    ),
    Rule(
        name="dtype-policy",
        cause="the file describes number types as Keras 3 does (DTypePolicy), and this Keras does not know that",
        class_="keras-2-to-3",
        remedy=TO_KERAS_2,
        link="https://github.com/keras-team/keras-hub/pull/2026",
        pattern=pattern(r"Unknown dtype policy", r"Could not locate class 'DTypePolicy'", r"Unknown object: '?DTypePolicy"),
    ),
    Rule(
        name="dtype-policy-as-text",
        cause="the file describes the number type of a class of the model's own as Keras 3 does, and Keras 2 takes the description for one"
        " that it wrote itself",
        class_="keras-2-to-3",
        remedy=TO_KERAS_2,
        pattern=pattern(r"'(?:str|dict)' object has no attribute 'name'"),
        trace=pattern(r"mixed_precision/policy\.py"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="dtype-policy-of-keras-2",
        cause="the file describes a dtype policy (mixed precision) as Keras 2 does, and Keras 3 takes the description for a mere text",
        class_="keras-2-to-3",
        remedy=TO_KERAS_3,
        pattern=pattern(r"'str' object has no attribute 'quantization_mode'"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="keras-2-modules",
        cause="the .keras file names modules of Keras 2 that Keras 3 does not have",
        class_="keras-2-to-3",
        remedy=TO_KERAS_3,
        link="https://github.com/keras-team/keras/issues/19089",
        pattern=pattern(r"(?:class|function) '(\w{1,60})' because its parent module keras\S{1,120} cannot be imported"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="keras-3-modules",
        cause="the .keras file names modules of Keras 3 that Keras 2 does not have",
        class_="keras-2-to-3",
        remedy=TO_KERAS_2,
        link="https://github.com/tensorflow/tensorflow/issues/70866",
        pattern=pattern(r"(?:class|function) '(\w{1,60})' because its parent module keras\S{1,120} cannot be imported"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="tf-keras-modules",
        cause="the .keras file was written by the package tf-keras and names its modules, which are not there",
        class_="keras-2-to-3",
        remedy="install tf-keras in the consumer and load with tf_keras.models.load_model, or save .h5 in the producer",
        pattern=pattern(r"(?:class|function) '(\w{1,60})' because its parent module tf_keras\S{1,120} cannot be imported"),
    ),
)
