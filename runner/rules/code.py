"""The model's own code: what the load does not find, and what its classes lack."""

from __future__ import annotations

from runner.model import Stage
from runner.rules.base import Rule, pattern
from runner.rules.keras_2_to_3 import SAME_FILE

CODE = (
    Rule(
        name="vocabulary-file-missing",
        cause="a lookup layer names its vocabulary by the path of a file, and the file does not lie there where the model is loaded",
        class_="custom-code",
        remedy="put the file where the path leads, or make the layer with the words themselves (vocabulary=[...]) before saving",
        pattern=pattern(r"Vocabulary file (\S{1,120}) does not exist"),
    ),
    Rule(
        name="compiled-object-missing-in-1",
        cause="TensorFlow 1 does not look among the custom_objects of load_model for a loss class of the model's own",
        class_="custom-code",
        remedy="load inside `with tf.keras.utils.CustomObjectScope({...}):`, or with compile=False",
        pattern=pattern(r"Unknown loss function: ?\w{1,80}"),
        missing_object=True,
        loaders=("load-model",),
        consumer=("tensorflow<2",),
    ),
    Rule(
        name="object-missing",
        cause="the load does not know a class or function of the model's own code",
        class_="custom-code",
        remedy="import the module that defines it before loading; pass custom_objects={...}, or decorate it with"
        " register_keras_serializable",
        missing_object=True,
    ),
    Rule(
        name="functional-class-without-inputs",
        cause="a class of your own is made of a functional model (inputs and outputs) and adds arguments to __init__: a load makes it with"
        " those arguments alone, and so it has no call",
        class_="custom-code",
        remedy="give the class a call of its own, or build the model in code and load the weights alone",
        pattern=pattern(r"Unimplemented `tf\.keras\.Model\.(call)\(\)`"),
        stages=(Stage.LOAD,),
    ),
    Rule(
        name="nested-without-input",
        cause="load_model builds a Sequential without an Input anew, of what shape it knows and for float32 inputs: one that begins with a"
        " lookup of texts, or inside a model of your own, does not come back so",
        class_="custom-code",
        remedy="begin each Sequential with Input(shape=(...), dtype=...), tf.string for texts, and save again",
        pattern=pattern(r"Cast (string to float) is not supported", r"You must provide an (`input_shape`) argument"),
    ),
    Rule(
        name="no-config",
        cause="this version makes models of functional configurations only: a model class of one's own has none (subclassed, without a"
        " get_config that tells its arguments), or has a get_config and no from_config to go with it",
        class_="custom-code",
        remedy="give the class get_config and a classmethod from_config (`return cls(**config)`), or build the model in code and load the"
        " weights alone",
        link="https://github.com/keras-team/keras/issues/15261",
        pattern=pattern(r"KeyError: 'layers'"),
    ),
    Rule(
        name="save-without-get-config",
        cause="a layer, or another object of the model, takes arguments and has no get_config: how it was made cannot be written down",
        class_="custom-code",
        remedy="add get_config to its class (return the arguments beside super().get_config()), or save the weights alone",
        link="https://github.com/tensorflow/tensorflow/issues/33947",
        pattern=pattern(
            r"Layer (\w{1,60}) has arguments.{0,200}must override `?get_config",
            r"Object (\w{1,60}) was created by passing non-serializable argument values",
            r"must override `?get_config",
            r"^NotImplementedError.{0,300}get_config",
            r"must implement the `?get_config",
            r"Please implement.{0,40}get_config",
        ),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="load-without-get-config",
        cause="a class of the model's own code has no get_config, so the load does not know with which arguments to make it",
        class_="custom-code",
        remedy="add get_config to the class and save again, or build the model in code and load the weights alone",
        pattern=pattern(
            r"must override `?get_config",
            r"^NotImplementedError.{0,300}get_config",
            r"must implement the `?get_config",
            r"Please implement.{0,40}get_config",
            r"Unable to revive (?:model|layer) from config",
        ),
    ),
    Rule(
        name="preprocessing-of-keras-2",
        cause="the file describes a preprocessing layer of Keras as Keras 2 does, and the layer of Keras 3 does not take that",
        class_="keras-2-to-3",
        remedy=f"{SAME_FILE}; give it its words or boundaries anew",
        pattern=pattern(
            r"((?:Discretization|Hashing|HashedCrossing|CategoryEncoding|\w{1,10}Lookup|TextVectorization|Normalization|Rescaling))"
            r"\.__init__\(\) got an unexpected keyword argument '(\w{1,40})'"
        ),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="init-without-kwargs",
        cause="a class of the model's own takes no name, trainable and dtype, which every layer's configuration has:"
        " its __init__ lacks **kwargs",
        class_="custom-code",
        remedy="give __init__ **kwargs and hand them to super().__init__(**kwargs); passed with custom_objects, that class"
        " loads this file too",
        link="https://github.com/keras-team/keras/issues/8956",
        pattern=pattern(
            r"(\w{1,60})\.__init__\(\) got an unexpected keyword argument '(name|trainable|dtype)'",
            r"__init__\(\) got an unexpected keyword argument '(name|trainable|dtype)'",
        ),
    ),
    Rule(
        name="activation-as-function",
        cause="an activation function of the model's own is in the file as a mere 'function': the producer's .h5 writer puts it"
        " down so that no .h5 loader finds it, its own neither",
        class_="custom-code",
        remedy=f"{SAME_FILE}; or save .keras",
        pattern=pattern(r"Unknown activation function: '?function\b"),
    ),
    Rule(
        name="function-in-h5",
        cause="load_model of .h5 in early Keras 3 stumbles over a function that is given with custom_objects",
        class_="custom-code",
        remedy=f"a newer Keras 3 (3.14 reads it); or {SAME_FILE}",
        pattern=pattern(r"Object of type function is not JSON serializable", r"Could not parse config: <function (\w{1,60}) at"),
        stages=(Stage.LOAD,),
    ),
    Rule(
        name="loss-not-found-in-h5",
        cause="load_model of .h5 in Keras 3 does not know the loss or metric that the file names, and says it with an unrelated TypeError",
        class_="custom-code",
        remedy="pass it with custom_objects={...}, or load with compile=False and compile anew",
        link="https://github.com/keras-team/keras/issues/19151",
        pattern=pattern(r"string indices must be integers"),
        trace=pattern(r"compile_args_from_training_config", r"_resolve_compile_arguments_compat"),
    ),
    Rule(
        name="not-built-while-loading",
        cause="layers that have weights in the file have none here: load_model of Keras 3 could not run them while it built the model (a"
        " lambda before them raised), or a layer keeps a plain tf.Variable, or weighs words by tf-idf, which Keras 3 does not count among"
        " its weights",
        class_="custom-code",
        remedy=f"make variables with self.add_weight; for a lambda, {SAME_FILE}; a registered function, which imports what it needs"
        " inside, can be run where a lambda cannot",
        pattern=pattern(r"Model expected (\d{1,6} layers, found \d{1,6}) saved layers"),
        formats=("h5",),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe"),
        consumer=("keras>=3",),
    ),
    Rule(
        name="name-instead-of-layer",
        cause="the .keras file of a functional model names a class that nobody has registered here: load_model of TensorFlow 2.13 to 2.15"
        " puts the name in the place of the layer and stumbles over it",
        class_="custom-code",
        remedy="import the module that defines the class before loading; pass custom_objects={...}, or decorate it with"
        " register_keras_serializable",
        pattern=pattern(r"'str' object is not callable"),
        trace=pattern(r"in process_node\b(?:(?!File \").){0,600}$"),
        phases=("load",),
    ),
    Rule(
        name="config-instead-of-object",
        cause="a class of the model's own gets the description of a layer or function from its config, where it had given the object itself"
        " in get_config, and does not make the object of it",
        class_="custom-code",
        remedy="make it in from_config or __init__: keras.saving.deserialize_keras_object(value); or build the model in code and load the"
        " weights alone",
        pattern=pattern(r"'(TrackedDict|_DictWrapper|dict)' object (?:is not callable|has no attribute)"),
        phases=("load",),
    ),
    Rule(
        name="name-instead-of-object",
        cause="a part of the model's own (a regularizer, say) was not known: the load raised nothing, and put its name in"
        " its place as a text",
        class_="custom-code",
        remedy="import the module that defines it before loading; pass custom_objects={...}, or decorate it with"
        " register_keras_serializable",
        pattern=pattern(r"'(?:str|dict)' object is not callable"),
        phases=("outputs", "train-step"),
    ),
    Rule(
        name="get-config-without-argument",
        cause="a class was made without an argument that its __init__ needs: its get_config does not return that argument",
        class_="custom-code",
        remedy="return the argument in get_config and save again, or build the model in code and load the weights alone",
        pattern=pattern(r"missing \d{1,2} required (?:positional|keyword-only) arguments?: ('\w{1,60}'(?:,? (?:and )?'\w{1,60}'){0,10})"),
        phases=("load",),
    ),
    Rule(
        name="train-step-lost",
        cause="load_model did not know the class of the model and made another one in its place: that predicts as the saved model did, and"
        " the train_step of the class, or what it adds to the loss, did not come along",
        class_="custom-code",
        remedy="import the module that defines the class and pass custom_objects={...} or register it; or build the model in code and load"
        " the weights alone",
        pattern=pattern(r"No loss found\. You may have forgotten", r"No gradients provided for any variable"),
        formats=("keras-dir",),
        loaders=("load-model", "legacy-load-model"),
        phases=("train-step",),
    ),
    Rule(
        name="layer-without-call",
        cause="the SavedModel holds a custom layer whose call was not saved, and the class itself is not known here",
        class_="custom-code",
        remedy="give the class get_config and pass it with custom_objects={...}",
        pattern=pattern(r"Cannot call custom layer (\w{1,60})"),
    ),
    Rule(
        name="object-not-restored",
        cause="the load does not find the class or function that the file names",
        class_="custom-code",
        remedy="pass custom_objects={...}, or decorate it with register_keras_serializable and import its module before loading",
        pattern=pattern(
            r"Unable to restore custom object of class ['\"](\w{1,60})",
            r"Unable to restore object of class ['\"](\w{1,60})",
            r"is a custom class, please register it",
        ),
    ),
    Rule(
        name="safe-mode",
        cause="Keras refuses to run Python code that stands in the file (a lambda) unless it is told that the file is trusted",
        class_="python-bytecode",
        remedy="for files you trust load_model(path, safe_mode=False); better a named function, registered, instead of the lambda",
        link="https://github.com/keras-team/tf-keras/issues/44",
        pattern=pattern(r"Requested the deserialization of a `?(?:Lambda|lambda)", r"unsafe deserialization", r"safe_mode=False"),
    ),
)
