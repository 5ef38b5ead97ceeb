"""SavedModels: operations, attributes, objects and signatures that the consumer does not have or cannot use."""

from __future__ import annotations

from runner.model import Check, Reason, Stage
from runner.rules.base import THROUGH_H5, Rule, pattern

DIRECTORIES = ("saved-model", "keras-dir", "export")

GRAPHS = (
    Rule(
        name="op-unknown",
        cause="the saved graph uses an operation that this older TensorFlow does not have",
        class_="op-unknown",
        remedy=f"save in a TensorFlow no newer than the consumer, or {THROUGH_H5}",
        link="https://github.com/tensorflow/tensorflow/issues/62229",
        pattern=pattern(r"Op type not registered '(\w{1,80})'"),
    ),
    Rule(
        name="attribute-unknown",
        cause="the saved graph sets an attribute of an operation that this older TensorFlow does not know",
        class_="op-unknown",
        remedy=f"save in a TensorFlow no newer than the consumer, or {THROUGH_H5}",
        pattern=pattern(
            r"NodeDef mentions attr(?:ibute)? '?(\w{1,60})'? (?:which is )?not in (?:the )?Op",
            r"Value for attr '(\w{1,60})' of .{0,80} is not in the list",
            r"Attr (\w{1,60}) does not exist",
        ),
    ),
    Rule(
        name="graph-needs-newer",
        cause="the SavedModel needs a newer TensorFlow: it says so itself",
        class_="op-unknown",
        remedy="load it with at least the version in the message",
        pattern=pattern(r"GraphDef min consumer version", r"min_consumer .{0,40}above current version"),
    ),
    Rule(
        name="optimizer-slots-in-graph",
        cause="the SavedModel holds the slots of an optimizer of Keras 2, and without Keras 2 TensorFlow loads the optimizer as an object"
        " that cannot have any",
        class_="optimizer-state",
        remedy="install tf-keras and `import tf_keras` before tf.saved_model.load(path);"
        " or load it as a graph: tf.compat.v1.saved_model.load(session, ['serve'], path); or save it before compile()",
        link="https://github.com/tensorflow/tensorflow/issues/52091",
        pattern=pattern(r"'_UserObject' object has no attribute '(?:add_slot|_create_or_restore_slot_variable)'"),
    ),
    Rule(
        name="saved-model-on-python-3.12",
        cause="this TensorFlow cannot write a SavedModel of a Keras model under Python 3.12",
        class_="dependency",
        remedy="model.export(path), which works there; or save under Python 3.11",
        link="https://github.com/tensorflow/tensorflow/issues/63548",
        pattern=pattern(r"this __dict__ descriptor does not support '_DictWrapper'"),
        stages=(Stage.SAVE,),
        producer=("python>=3.12", "tensorflow>=2.16"),
    ),
    Rule(
        name="wrapt-newer",
        cause="wrapt is newer than this TensorFlow allows",
        class_="dependency",
        remedy="pin wrapt below 1.15, or set as_of",
        link="https://github.com/tensorflow/tensorflow/issues/59869",
        pattern=pattern(r"_DictWrapper.{0,80}__dict__", r"this __dict__ descriptor does not support '_DictWrapper'"),
    ),
    Rule(
        name="served-without-variables",
        cause="tf.saved_model.save of a Keras 3 model writes a SavedModel whose variables a session cannot restore: TensorFlow Serving and"
        " saved_model_cli load it and fail at the first request",
        class_="keras-2-to-3",
        remedy="model.export(path), which they can serve",
        link="https://github.com/keras-team/keras/issues/19274",
        pattern=pattern(r"Could not find variable ([^\s.]{1,120})\. This could mean that the variable has been deleted"),
        loaders=("serving",),
    ),
    Rule(
        name="several-inputs-by-position",
        cause="the signature has several inputs and takes them by name, and keras.layers.TFSMLayer hands its first one over by position",
        class_="keras-2-to-3",
        remedy="call the signature itself: tf.saved_model.load(path).signatures['serving_default'](name=value, ...)",
        link="https://github.com/keras-team/keras/issues/20813",
        pattern=pattern(r"missing a required argument: '(\w{1,60})'", r"too many positional arguments"),
        loaders=("tfsm-layer",),
    ),
    Rule(
        name="layer-turns-to-float32",
        cause="keras.layers.TFSMLayer turns its inputs into float32, as every layer does, and the signature takes another type",
        class_="keras-2-to-3",
        remedy="TFSMLayer(path, call_endpoint=..., dtype='float16'), or whatever it takes; or call the signature itself:"
        " tf.saved_model.load(path).signatures['serving_default'](name=value)",
        pattern=pattern(r"was expected to be a (half|double|bfloat16) tensor but is a float tensor"),
        loaders=("tfsm-layer",),
    ),
    Rule(
        name="inputs-of-one-type",
        cause="the signature takes inputs of one type, and hands them on as they are; the model that was saved turned what it was given"
        " into that type",
        class_="misuse",
        remedy="turn the data into the type that the signature names before calling it (tf.cast, or array.astype)",
        pattern=pattern(
            r"was expected to be an? (\w{1,20} tensor but is an? \w{1,20} tensor)", r"no order of the inputs fits the signature (.{1,200})"
        ),
        phases=("outputs",),
    ),
    Rule(
        name="inputs-in-a-tuple",
        cause="the exported endpoint takes its inputs in a tuple, as the model was made with, and got a list",
        class_="keras-2-to-3",
        remedy="call it with a tuple: layer((first, second)); or call the signature by names",
        pattern=pattern(r"Can not cast \[.{0,20000}\] to (tuple) type", r"(tuple) type", r"Can not cast \["),
        loaders=("tfsm-layer",),
        phases=("outputs",),
    ),
    Rule(
        name="inputs-in-a-list",
        cause="the model took its inputs in a dict, and its exported endpoint takes them in a list, in the order of the signature at the"
        " end of the message",
        class_="keras-2-to-3",
        remedy="call it with a list in that order, or call the signature by names:"
        " tf.saved_model.load(path).signatures['serving_default'](name=value, ...)",
        pattern=pattern(r"Can not cast \{'(\w{1,60})': .{0,20000}\} to list type"),
        loaders=("tfsm-layer",),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="no-model-came-back",
        cause="the SavedModel holds no description of a Keras model that this version reads: load_model gave back a bare"
        " object, without predict",
        class_="keras-2-to-3",
        remedy=f"call its signature: loaded.signatures['serving_default'](...); or {THROUGH_H5}",
        pattern=pattern(r"returned a (\w{1,60}), which is no Keras model"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="loop-without-gradient",
        cause="a loop in a SavedModel of TensorFlow 2.0 (that of an LSTM, say) can be run after loading, and not trained",
        class_="format-changed",
        remedy="save .h5, or build the model in code and load the weights alone",
        pattern=pattern(r"No gradient defined for operation '\S{1,120}' \(op type: (While)\)"),
        producer=("tensorflow<2.1",),
    ),
    Rule(
        name="object-came-back",
        cause="the load gave back a bare object without predict: what it read is no Keras model, or not one that it can rebuild",
        class_="format-changed",
        remedy="call its signature: loaded.signatures['serving_default'](...); or save .h5 or .keras in the producer",
        pattern=pattern(r"returned a (\w{1,60}), which is no Keras model"),
    ),
    Rule(
        name="symbolic-tensor-kept",
        cause="a layer keeps a tensor of the graph it was built in, instead of computing it anew in call: a SavedModel cannot hold that",
        class_="custom-code",
        remedy="compute it in call; or save the weights alone (model.save_weights), and build the model in code when loading",
        pattern=pattern(r"references a symbolic Tensor Tensor\(\"([^\":]{1,120})"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="wrapped-layer-of-2.0",
        cause="this TensorFlow asks a wrapped layer (TimeDistributed, Bidirectional) for its arguments while it saves, and gets no answer",
        class_="format-changed",
        remedy="save .h5, or the weights alone; TensorFlow 2.2 and later save such a model as it is",
        pattern=pattern(r"^TypeError: unsupported callable"),
        trace=pattern(r"keras/layers/wrappers\.py"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="outputs-within-outputs",
        cause="the model gives a dict or list within another one, and a signature gives tensors under one name each",
        class_="architecture",
        remedy="let the model give one dict of tensors; or name a function that does, signatures={'serving_default': function}",
        pattern=pattern(r"Got a non-Tensor value .{1,2000} for key '(\w{1,60})' in the output of the function"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="table-not-tracked",
        cause="the graph uses a table, a variable or the state of a random generator that the save does not find among what the model"
        " holds: it is no attribute of the layer, or Keras 3 keeps it where tf.saved_model.save does not look (seeds of Dropout)",
        class_="architecture",
        remedy="make it an attribute of the layer or model; in Keras 3 model.export(path) finds seeds, in Keras 2"
        " tf.saved_model.save(model, path) finds tables",
        pattern=pattern(r"Tried to export a function which references an '?untracked'? resource"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="layer-asks-a-tensor",
        cause="a layer asks a tensor whether it is true: that works with values, and not while the graph of a SavedModel is drawn",
        class_="architecture",
        remedy="save .keras, or the weights alone; if the layer is yours, use tf.cond; if it is Keras's own, a newer one may do so",
        pattern=pattern(r"calling (\w{1,60})\.call\(\).{0,80}Using a symbolic `?tf\.Tensor`? as a Python `?bool"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="shape-lost-in-graph",
        cause="while the graph of the SavedModel is drawn a layer gives a tensor of unknown shape (as a lookup in a mutable table or"
        " tf.py_function does), and the next one asks for it",
        class_="architecture",
        remedy="tell the shape in the call of that layer: y = tf.ensure_shape(y, x.shape), or whatever it is; or save .keras",
        pattern=pattern(r"as_list\(\) is not defined on an unknown TensorShape"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="export-of-2.12",
        cause="model.export of TensorFlow 2.12, its first version, does not get a compiled model or one of several inputs written",
        class_="format-changed",
        remedy="tf.saved_model.save(model, path), or TensorFlow 2.13 and later",
        formats=("export",),
        stages=(Stage.SAVE,),
        reasons=(Reason.SAVE_RAISED,),
        producer=("keras>=2.12,<2.13",),
    ),
    Rule(
        name="keras-metadata-in-2.5",
        cause="TensorFlow 2.5 knows keras_metadata.pb and looks for the description of some layers in the graph all the same, where later"
        " versions do not write it any more",
        class_="format-changed",
        remedy=f"load it with TensorFlow 2.6 or later; what TensorFlow up to 2.11 saved can be called with tf.saved_model.load(path); else"
        f" {THROUGH_H5}",
        pattern=pattern(r"JSONDecodeError"),
        formats=(*DIRECTORIES, "own"),
        producer=("tensorflow>=2.6",),
        consumer=("tensorflow>=2.5,<2.6",),
    ),
    Rule(
        name="keras-metadata",
        cause="from TensorFlow 2.6 on a SavedModel keeps the description of its Keras model in keras_metadata.pb alone, of which this"
        " version knows nothing",
        class_="format-changed",
        remedy=f"what TensorFlow up to 2.11 saved can be called with tf.saved_model.load(path); else {THROUGH_H5}",
        pattern=pattern(r"JSONDecodeError", r"Metadata for .{0,60} malformed", r"Cannot parse keras metadata"),
        formats=(*DIRECTORIES, "own"),
    ),
    Rule(
        name="signature-other",
        cause="the serving signature takes or gives something else than the model",
        class_="format-changed",
        remedy="name what it should take when saving: tf.saved_model.save(model, path, signatures=...)",
        reasons=(Reason.SIGNATURE_DIFFERS, Reason.OUTPUTS_DIFFER),
        details={Check.SIGNATURE: pattern(r'"problems": \["([^"]{1,160})')},
    ),
    Rule(
        name="signature-differs",
        cause="the model loaded, and its serving signature is not there, or takes or gives something else",
        class_="format-changed",
        remedy="name the signature when saving: tf.saved_model.save(model, path, signatures=...)",
        reasons=(Reason.SIGNATURE_DIFFERS,),
        failed=(Check.SIGNATURE,),
    ),
)
