"""Configurations that name what the consumer does not know: between Keras 2 and 3, and between versions of either."""

from __future__ import annotations

from runner.rules.base import Rule, pattern
from runner.rules.keras_2_to_3 import SAME_FILE, TO_KERAS_2, TO_KERAS_3

COMPILE_ANEW = "load_model(path, compile=False), then compile anew: the weights are not touched by this"

KERAS3_OPERATIONS = (
    *("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "LogicalNot", "LogicalXor", "Any"),
    *("TrueDivide", "Divide", "FloorDivide", "Mod", "Power", "Negative", "Absolute", "Matmul", "Einsum", "Tensordot"),
    *("GetItem", "Cast", "ExpandDims", "Squeeze", "Stack", "Split", "Transpose", "Where", "Take", "Clip", "Arange", "BroadcastTo"),
    *("Sum", "Mean", "Max", "Min", "Prod", "All", "Argmax", "Argmin", "Std", "Var", "Norm", "Cumsum", "Pad", "Tile", "OneHot"),
    *("Exp", "Expm1", "Log", "Log1p", "Sqrt", "Rsqrt", "Square", "Sin", "Cos", "Tanh", "Sigmoid", "Relu", "Sign", "Round"),
)
"""The common operations of Keras 3 that a functional model holds as if they were layers; none that is a layer too (Add, Dot, ...)."""

RAW = (
    r"(?:Unknown \w{1,20}|Could not locate class):? '?"
    r"(TFOpLambda|SlicingOpLambda|TensorFlowOpLayer|ClassMethod|InstanceMethod|InstanceProperty)\b"
)

COMPILATION = (
    Rule(
        name="optimizer-arguments",
        cause="the file holds an optimizer with arguments that the consumer's optimizer does not take",
        class_="optimizer-state",
        remedy=COMPILE_ANEW,
        link="https://github.com/keras-team/tf-keras/issues/243",
        pattern=pattern(
            r"Argument\(s\) not recognized: \{('\w{1,40}')",
            r"(\w{1,40}) is not a valid argument, kwargs should be empty",
            r"(decay|lr|learning_rate)\W.{0,40}is deprecated in the (?:new Keras )?optimizer",
            r"Unexpected keyword argument passed to optimizer: (\w{1,40})",
            r"unexpected keyword argument passed to optimizer",
        ),
    ),
    Rule(
        name="optimizer-unknown",
        cause="the consumer does not know the class of the optimizer that the file names",
        class_="optimizer-state",
        remedy=COMPILE_ANEW,
        pattern=pattern(
            r"Unknown optimizer: '?([\w>]{1,60})",
            r"Could not locate class '(\w{0,40}(?:Adam|SGD|RMSprop|Adagrad|Adadelta|Adamax|Nadam|Ftrl|Optimizer)\w{0,20})",
            r"class '(Custom>(?:Adam|SGD|RMSprop)\w{0,20})",
        ),
    ),
    Rule(
        name="loss-object-of-keras-2",
        cause="the .h5 file describes a loss or metric object (MeanSquaredError(), say) in words of Keras 2 that Keras 3 has dropped",
        class_="keras-2-to-3",
        remedy=COMPILE_ANEW,
        pattern=pattern(r"(\w{1,60})\.__init__\(\) got an unexpected keyword argument '(?!name'|trainable'|dtype')(\w{1,40})'"),
        trace=pattern(r"compile_args_from_training_config", r"/(?:losses|metrics)/"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    *(
        Rule(
            name=name,
            cause="a whole-model .h5 names its loss or metric as text ('mse'), which load_model of Keras 3 takes for a"
            " function that it cannot find",
            class_=class_,
            remedy=COMPILE_ANEW,
            link="https://github.com/keras-team/keras/issues/19330",
            pattern=pattern(
                r"Could not (?:locate function|deserialize) '(?:keras\.(?:metrics|losses)\.)?(mse|mae|mape|msle|accuracy|acc|\w{1,40})'"
                r".{0,300}(?:is not a KerasSaveable|Make sure custom classes)",
            ),
            trace=pattern(r"compile_args_from_training_config"),
            producer=producer,
            consumer=("keras>=3",),
        )
        for name, class_, producer in (
            ("h5-loss-as-text-of-keras-3", "optimizer-state", ("keras>=3",)),
            ("h5-loss-as-text", "keras-2-to-3", ()),
        )
    ),
    Rule(
        name="sample-weight-mode",
        cause="load_model of TensorFlow 2.2 and earlier asks the file for sample_weight_mode, which later versions do not write",
        class_="format-changed",
        remedy=COMPILE_ANEW,
        link="https://github.com/keras-team/keras/issues/14040",
        pattern=pattern(r"KeyError: '(sample_weight_mode)'"),
    ),
    Rule(
        name="train-step-without-loss",
        cause="TensorFlow before 2.2 does not know a train_step of the model's own, and trains no model that is compiled without a loss",
        class_="format-changed",
        remedy="compile with a loss, or train with a loop of your own",
        pattern=pattern(r"cannot be compiled because it has no loss to optimize"),
        consumer=("tensorflow<2.2",),
    ),
    Rule(
        name="reduction-auto",
        cause="the loss in the file says reduction='auto', a word of Keras 2 that Keras 3 does not know",
        class_="keras-2-to-3",
        remedy=COMPILE_ANEW,
        pattern=pattern(r"reduction=(auto)\b"),
    ),
    Rule(
        name="metric-class-of-1.15",
        cause="load_model of TensorFlow 1.15 finds the class of a metric or loss in custom_objects, and takes it for its description",
        class_="format-changed",
        remedy=COMPILE_ANEW,
        pattern=pattern(r'^TypeError: can only concatenate str \(not "(ABCMeta|type)"\) to str'),
        consumer=("tensorflow<2",),
    ),
    Rule(
        name="loss-unknown",
        cause="the file names a loss or metric that the consumer does not know under this name",
        class_="format-changed",
        remedy=COMPILE_ANEW,
        pattern=pattern(
            r"Could not locate function '(mse|mae|accuracy)",
            r"Unknown (?:loss|metric)(?: function)?:? '?(\w{1,60})",
            r"Could not interpret (?:loss|metric)(?: function)?(?: identifier)?:? '?(\w{1,60})",
            r"Could not deserialize '(keras\.(?:metrics|losses)\.\w{1,40})",
        ),
    ),
)

WORDS = (
    Rule(
        name="quantization-config",
        cause="the file says quantization_config, which newer Keras 3 writes for every layer and this Keras does not know",
        class_="format-changed",
        remedy=SAME_FILE,
        link="https://github.com/keras-team/keras/pull/21928",
        pattern=pattern(r"Unrecognized keyword arguments.{0,200}quantization_config"),
    ),
    Rule(
        name="word-of-keras-2",
        cause="a layer's configuration holds a word of Keras 2 that Keras 3 has dropped",
        class_="keras-2-to-3",
        remedy=TO_KERAS_3,
        link="https://github.com/keras-team/keras/issues/20750",
        pattern=pattern(
            r"Unrecognized keyword arguments passed to (\w{1,60}: \{'\w{1,60}')",
            r"Unrecognized keyword argument\S? ?(?:passed to )?(\w{0,60})",
            r"__init__\(\) got an unexpected keyword argument ('\w{1,60}')",
        ),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="word-of-keras-3",
        cause="a layer's configuration holds a word of Keras 3 that Keras 2 does not have",
        class_="keras-2-to-3",
        remedy=TO_KERAS_2,
        pattern=pattern(
            r"Unrecognized keyword argument.{0,40}?('\w{1,60}')",
            r"Keyword argument not understood:',? '?(\w{1,60})",
            r"got an unexpected keyword argument ('\w{1,60}')",
        ),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="word-unknown",
        cause="a layer's configuration holds a word that the consumer's layer does not take: it came with a newer version,"
        " or went with one",
        class_="format-changed",
        remedy=SAME_FILE,
        pattern=pattern(
            r"Unrecognized keyword argument.{0,40}?('\w{1,60}')",
            r"Keyword argument not understood:',? '?(\w{1,60})",
            r"got an unexpected keyword argument '(\w{1,60})",
            r"Unrecognized keyword argument",
            r"Keyword argument not understood",
            r"unexpected keyword argument",
        ),
    ),
)

VALUES_OF_WORDS = (
    Rule(
        name="value-unknown",
        cause="a layer's configuration gives an argument a value that the consumer's layer does not know: it came with a newer version",
        class_="format-changed",
        remedy=SAME_FILE,
        pattern=pattern(r"(\w{1,40}) (?:arg|argument of layer \w{1,60}) received an invalid value (\w{1,60})\. Allowed values"),
    ),
)

NAMES = (
    Rule(
        name="operations-of-newer-keras-2",
        cause="the file holds raw TensorFlow operations as another version of Keras 2 writes them (TFOpLambda and the like), which this one"
        " cannot find",
        class_="format-changed",
        remedy="carry the weights alone into a model built in code, or a SavedModel",
        pattern=pattern(RAW),
        consumer=("keras<3",),
    ),
    Rule(
        name="operations-of-keras-2",
        cause="the file holds raw TensorFlow operations as Keras 2 writes them (TFOpLambda and the like), which this Keras cannot find",
        class_="keras-2-to-3",
        remedy="carry the weights alone into a model built in code, a SavedModel, or keep Keras 2 with tf-keras in the consumer",
        pattern=pattern(RAW),
    ),
    Rule(
        name="operations-of-keras-3",
        cause="the .h5 file holds operations of Keras 3 that load_model of .h5 cannot find",
        class_="format-changed",
        remedy="save .keras, or carry the weights alone into a model built in code",
        pattern=pattern(rf"Unknown (?:layer|object):? '?({'|'.join(KERAS3_OPERATIONS)})\b"),
        formats=("h5",),
    ),
    Rule(
        name="functional-is-model",
        cause="the file names a class that TensorFlow before 2.3 does not have under this name: there a functional model is called Model",
        class_="format-changed",
        remedy="carry the weights alone into a model built in code, or pass custom_objects={'Functional': tf.keras.models.Model}",
        link="https://github.com/tensorflow/tensorflow/issues/45135",
        pattern=pattern(r"Unknown layer: '?(Functional)\b"),
        consumer=("tensorflow<2.3",),
    ),
    Rule(
        name="class-of-keras-3",
        cause="the configuration uses classes of Keras 3 that Keras 2 does not have",
        class_="keras-2-to-3",
        remedy=TO_KERAS_2,
        pattern=pattern(r"Unknown (?:layer|object|model|initializer|regularizer|constraint|activation):? '?([\w>]{1,60})"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="class-of-keras-2",
        cause="the configuration uses classes of Keras 2 that Keras 3 does not have",
        class_="keras-2-to-3",
        remedy=TO_KERAS_3,
        pattern=pattern(
            r"Unknown (?:layer|object|model|initializer|regularizer|constraint|activation):? '?([\w>]{1,60})",
            r"Could not locate (?:class|function) '([\w>]{1,60})",
        ),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="class-unknown",
        cause="the load does not find the class or function that the file names",
        class_="custom-code",
        remedy="if it is your own, pass custom_objects={...} or register it; if it is of Keras, carry the weights alone"
        " into a model built in code",
        pattern=pattern(
            r"Unknown (?:layer|object|model|initializer|regularizer|constraint|activation)(?: function)?: ?'?([\w>]{1,60})",
            r"Could not locate (?:class|function) '([\w>]{1,60})",
            r"Cannot deserialize object of type `?([\w>]{1,60})",
            r"Could not interpret \w{1,30}(?: function)? identifier: (?:\{[^{}]{0,120}'config': )?'?([\w>]{1,60})",
        ),
    ),
)

REST = (
    Rule(
        name="config-refused-by-its-own",
        cause="a class of the model's own could not be made from the configuration that it gave itself: get_config returns what its"
        " __init__ gets back as something else (an array, a function, another object)",
        class_="custom-code",
        remedy="return numbers, words and lists of them in get_config (value.tolist()), or turn them back in from_config"
        " (keras.saving.deserialize_keras_object); or build the model in code and load the weights alone",
        pattern=pattern(r"could not be deserialized properly", r"Could not deserialize class"),
        step=(("keras", "same"),),
    ),
    Rule(
        name="config-refused",
        cause="the consumer could not rebuild the model from its configuration",
        class_="format-changed",
        remedy="the end of the message says what was refused; the weights alone may still load into a model built in code",
        pattern=pattern(r"could not be deserialized properly", r"Error when deserializing class", r"Could not deserialize class"),
    ),
)
