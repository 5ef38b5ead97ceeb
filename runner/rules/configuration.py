"""Formats that are refused, and configurations that name what the consumer does not know."""

from __future__ import annotations

from runner.model import Stage
from runner.rules.base import Rule, pattern

FORMATS = (
    Rule(
        cause="Keras 3 does not read SavedModel directories with load_model",
        class_="format-removed",
        remedy="load with tf.saved_model.load or keras.layers.TFSMLayer for inference, or save .keras or .h5 in the producer",
        pattern=pattern(r"legacy SavedModel format is not"),
    ),
    Rule(
        cause="Keras 3 writes .keras and .h5 only, no directories",
        class_="format-removed",
        remedy="model.export(path) for serving, .keras for everything else",
        pattern=pattern(r"Invalid filepath extension for saving"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        cause="Keras 3 writes weights to .weights.h5 only",
        class_="format-removed",
        remedy="save .weights.h5, or tf.train.Checkpoint for a checkpoint",
        pattern=pattern(r"filename must end in `\.weights\.h5`", r"expected a `\.weights\.h5` extension"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        cause="Keras 3 does not read weights from TensorFlow checkpoints",
        class_="format-removed",
        remedy="tf.train.Checkpoint(model).restore, or save .weights.h5 in the producer",
        pattern=pattern(r"File format not supported"),
        formats=("weights-tf",),
    ),
    Rule(
        cause="this version takes .keras for a SavedModel or HDF5 file: it is older than the .keras format",
        class_="format-removed",
        remedy="save .h5 or a SavedModel in the producer; .keras files of version 3 need TensorFlow 2.12 or later",
        pattern=pattern(
            r"SavedModel file does not exist at", r"file signature not found", r"Unable to load model\. Filepath is not an hdf5 file"
        ),
        formats=("keras-v3",),
    ),
    Rule(
        cause="a .keras file that is no zip archive: it was written before the format existed",
        class_="format-removed",
        remedy="rename it to .h5: before TensorFlow 2.13, model.save('x.keras') wrote HDF5",
        pattern=pattern(r"accessible `\.keras`", r"BadZipFile"),
        formats=("keras-v3",),
    ),
    Rule(
        cause="HDF5 takes functional and sequential models only, not subclassed ones",
        class_="format-removed",
        remedy="save .keras, a SavedModel, or the weights alone",
        pattern=pattern(r"requires the model to be a Functional model or a Sequential"),
    ),
)

KERAS3_OPERATIONS = (
    *("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalOr", "LogicalNot", "LogicalXor", "Any"),
    *("TrueDivide", "Divide", "FloorDivide", "Mod", "Power", "Negative", "Absolute", "Matmul", "Einsum", "Tensordot"),
    *("GetItem", "Cast", "ExpandDims", "Squeeze", "Stack", "Split", "Transpose", "Where", "Take", "Clip", "Arange", "BroadcastTo"),
    *("Sum", "Mean", "Max", "Min", "Prod", "All", "Argmax", "Argmin", "Std", "Var", "Norm", "Cumsum", "Pad", "Tile", "OneHot"),
    *("Exp", "Expm1", "Log", "Log1p", "Sqrt", "Rsqrt", "Square", "Sin", "Cos", "Tanh", "Sigmoid", "Relu", "Sign", "Round"),
)
"""The common operations of Keras 3 that a functional model holds as if they were layers; none that is a layer too (Add, Dot, ...)."""

CONFIGS = (
    Rule(
        cause="the load does not know a custom class or function",
        class_="custom-code",
        remedy="pass custom_objects=..., or register the class with register_keras_serializable",
        missing_object=True,
    ),
    Rule(
        cause="InputLayer is written with batch_shape by Keras 3, which Keras 2 does not know",
        class_="config-changed",
        remedy="carry the weights alone (load_weights into a rebuilt model), a SavedModel, or use tf-keras in the producer",
        pattern=pattern(r"Unrecognized keyword arguments.{0,60}batch_shape"),
    ),
    Rule(
        cause="layers are written with batch_input_shape by Keras 2, which Keras 3 does not know",
        class_="config-changed",
        remedy="start the model with an Input layer in the producer, save .h5, or keep Keras 2 with tf-keras in the consumer",
        pattern=pattern(r"Unrecognized keyword arguments.{0,80}batch_input_shape"),
    ),
    Rule(
        cause="Keras 3 names dtype policies in a way that Keras 2 does not know",
        class_="config-changed",
        remedy="carry the weights alone, or use tf-keras in the producer",
        pattern=pattern(r"Unknown dtype policy", r"class 'DTypePolicy'"),
    ),
    Rule(
        cause="the file names a Keras 2 module that Keras 3 has moved or dropped, or the other way round",
        class_="config-changed",
        remedy="save .h5 in the producer, carry the weights alone, or keep Keras 2 with tf-keras in the consumer",
        pattern=pattern(r"its parent module \S{1,120} cannot be imported"),
    ),
    Rule(
        cause="the optimizer's configuration holds arguments the consumer's optimizer does not take (lr, decay, weight_decay, ...)",
        class_="config-changed",
        remedy="load with compile=False and compile anew",
        pattern=pattern(
            r"Argument\(s\) not recognized",
            r"is not a valid argument, kwargs should be empty",
            r"(?:decay|lr|learning_rate).{0,40} is deprecated in the (?:new Keras )?optimizer",
            r"unexpected keyword argument passed to optimizer",
            r"Unexpected keyword argument.{0,40}optimizer",
        ),
    ),
    Rule(
        cause="the consumer does not know the class of the optimizer",
        class_="config-changed",
        remedy="load with compile=False and compile anew",
        pattern=pattern(
            r"Unknown optimizer", r"Could not locate class '\w{0,40}(?:Adam|SGD|RMSprop)", r"class 'Custom>(?:Adam|SGD|RMSprop)"
        ),
    ),
    Rule(
        cause="the loss or metric is named in a way that the consumer does not know",
        class_="config-changed",
        remedy="load with compile=False and compile anew",
        pattern=pattern(
            r"Could not locate function '(?:mse|mae|accuracy)",
            r"Unknown (?:loss|metric)",
            r"Could not interpret (?:loss|metric)",
            r"Could not deserialize 'keras\.(?:metrics|losses)",
        ),
    ),
    Rule(
        cause="a layer's configuration holds a keyword that the consumer's layer does not take",
        class_="config-changed",
        remedy="carry the weights alone into a rebuilt model, or strip the keyword from the configuration",
        pattern=pattern(
            r"Unrecognized keyword argument",
            r"Keyword argument not understood",
            r"got an unexpected keyword argument",
            r"unexpected keyword argument",
        ),
    ),
    Rule(
        cause="the model was saved without a configuration: a subclassed model, or a layer without get_config",
        class_="custom-code",
        remedy="give every class get_config, or rebuild the model in code and load the weights",
        pattern=pattern(r"No model config found", r"No model found in config", r"KeyError: 'layers'"),
    ),
    Rule(
        cause="a layer has arguments and no get_config",
        class_="custom-code",
        remedy="implement get_config in the layer",
        pattern=pattern(
            r"must override `?get_config",
            r"^NotImplementedError.{0,300}get_config",
            r"must implement the `?get_config",
            r"Please implement.{0,40}get_config",
        ),
    ),
    Rule(
        cause="the file names an operation that Keras 2 wrote as a layer (TFOpLambda and the like), which this Keras cannot find",
        class_="config-changed",
        remedy="carry the weights alone (load_weights into a rebuilt model), a SavedModel, or keep Keras 2 with tf-keras in the consumer",
        pattern=pattern(
            r"(?:Unknown \w{1,20}|Could not locate class):? '?"
            r"(?:TFOpLambda|SlicingOpLambda|TensorFlowOpLayer|ClassMethod|InstanceMethod|InstanceProperty)\b"
        ),
    ),
    Rule(
        cause="the file names a layer or operation that this Keras cannot find: an operation of Keras 3 written into the h5 config",
        class_="config-changed",
        remedy="save .keras, or carry the weights alone (load_weights into a rebuilt model)",
        pattern=pattern(rf"Unknown (?:layer|object):? '?(?:{'|'.join(KERAS3_OPERATIONS)})\b"),
        formats=("h5",),
    ),
    Rule(
        cause="the file names a class or function that this Keras cannot find",
        class_="config-changed",
        remedy="if it is the model's own, pass custom_objects=... or register it; if it is of another Keras, carry the weights alone",
        pattern=pattern(
            r"Unknown (?:layer|object|model|initializer|regularizer|constraint|activation)",
            r"Could not locate (?:class|function)",
            r"Cannot deserialize object of type",
            r"is a custom class, please register it",
        ),
    ),
    Rule(
        cause="Keras 3 refuses a lambda in safe mode, or its bytecode is of another Python",
        class_="custom-code",
        remedy="replace the lambda by a registered function; safe_mode=False only for files you trust",
        pattern=pattern(r"safe_mode", r"bad marshal data", r"unknown opcode"),
    ),
    Rule(
        cause="the consumer could not rebuild the model from its configuration",
        class_="config-changed",
        remedy="see the end of the message and the traceback; the weights alone may still load into a rebuilt model",
        pattern=pattern(r"could not be deserialized properly", r"Error when deserializing class", r"Could not deserialize class"),
    ),
    Rule(
        cause="SavedModel holds Keras metadata that this version cannot read",
        class_="config-changed",
        remedy="load with tf.saved_model.load and call the signature",
        pattern=pattern(r"JSONDecodeError", r"Metadata for .{0,60} malformed", r"keras_metadata"),
        formats=("keras-dir", "saved-model", "export"),
    ),
)
