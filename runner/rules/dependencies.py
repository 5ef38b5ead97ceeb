"""Libraries, tensorflow-addons and Python itself: what is not TensorFlow and breaks it all the same."""

from __future__ import annotations

from runner.model import Reason
from runner.rules.base import FAULT, OWN_CODE, Rule, pattern

DEPENDENCIES = (
    Rule(
        name="protobuf-newer",
        cause="protobuf is newer than the generated code of this TensorFlow",
        class_="dependency",
        remedy="pin protobuf as of the release (below 3.21 up to TensorFlow 2.11), or set as_of",
        link="https://github.com/tensorflow/tensorflow/issues/59665",
        pattern=pattern(
            r"Descriptors cannot (?:not )?be created directly",
            r"google\.protobuf.{0,80}has no attribute",
            r"MessageFactory.{0,60}GetPrototype",
        ),
    ),
    Rule(
        name="numpy-newer",
        cause="NumPy is newer than this code allows: it names something that NumPy removed",
        class_="dependency",
        remedy="pin numpy below the version that removed it (below 1.24 for np.object and np.bool, below 2 for the others), or set as_of",
        link="https://github.com/tensorflow/tensorflow/issues/62832",
        pattern=pattern(
            r"module 'numpy' has no attribute '(\w{1,40})'",
            r"(np\.\w{1,30}). was removed in the NumPy 2",
            r"compiled using NumPy 1\.",
            r"numpy\.dtype size changed",
            r"numpy\.core\._multiarray_umath failed",
            r"_ARRAY_API not found",
        ),
    ),
    Rule(
        name="h5py-3",
        cause="h5py 3 gives text where this Keras expects bytes",
        class_="dependency",
        remedy="pin h5py below 3 in the consumer",
        link="https://github.com/tensorflow/tensorflow/issues/44467",
        pattern=pattern(r"'str' object has no attribute 'decode'"),
    ),
    Rule(
        name="pickle-of-numpy-2",
        cause="a pickle that NumPy 2 wrote names its module numpy._core, which older NumPy does not have",
        class_="dependency",
        remedy="keep arrays with numpy.savez instead of pickle; or the same NumPy on both sides",
        link="https://github.com/numpy/numpy/pull/24634",
        pattern=pattern(r"No module named '?(numpy\._core)"),
    ),
    Rule(
        name="own-import-fails",
        cause="the model's own code imports a module that is missing in this environment",
        class_="custom-code",
        remedy="add it to `packages` of the environment, or to `needs` of the fixture",
        pattern=pattern(r"^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]{1,80})"),
        trace=OWN_CODE,
        reasons=(Reason.LOAD_RAISED, Reason.SAVE_RAISED, Reason.PREDICT_RAISED),
    ),
    Rule(
        name="module-missing",
        cause="a module is missing in the environment",
        class_="dependency",
        remedy="add it to `packages` of the environment, or to `needs` of the fixture",
        pattern=pattern(r"^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]{1,80})"),
        reasons=(Reason.IMPORT_FAILED, Reason.FIXTURE_INVALID, Reason.LOAD_RAISED, Reason.SAVE_RAISED, Reason.PREDICT_RAISED),
    ),
)

ADDONS = (
    Rule(
        name="addons-missing",
        cause="the model holds a part of tensorflow-addons, which is missing here or does not fit this TensorFlow",
        class_="addons",
        remedy="pass the class with custom_objects, from addons (they end at TensorFlow 2.15) or a copy of its source in your own code",
        pattern=pattern(
            r"No module named '?tensorflow_addons",
            r"(?:Unknown \w{1,20}|Could not locate class|[Cc]annot deserialize object of type):? [`'\"]?Addons>(\w{1,60})",
        ),
    ),
)

BYTECODE = (
    Rule(
        name="lambda-kills-python",
        cause="the interpreter died while it ran compiled Python of another version: a lambda in the file, if the model holds one",
        class_="python-bytecode",
        remedy="load it with the producer's Python version, and replace the lambda by a registered function before saving again",
        link="https://github.com/keras-team/keras/issues/14875",
        reasons=(Reason.CRASHED,),
        formats=("h5", "keras-v3", "json-weights"),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe", "legacy-load-model", "model-from-json"),
        notes={"signal": FAULT},
        step=(("python", "other"),),
    ),
    Rule(
        name="lambda-without-its-module",
        cause="a lambda uses a name of the module it was written in (an import, as a rule), and after loading it no longer stands there",
        class_="python-bytecode",
        remedy="for this file set it after loading: layer.function.__globals__['tf'] = tf; better a named, registered function,"
        " which imports what it needs inside",
        pattern=pattern(r"Lambda.{0,80}name '(\w{1,60})' is not defined", r"^NameError: name '(\w{1,60})' is not defined"),
    ),
    Rule(
        name="lambda-bytecode",
        cause="the file holds the compiled Python of a lambda, and the consumer's Python has other bytecode",
        class_="python-bytecode",
        remedy="load it with the producer's Python version, and replace the lambda by a registered function before saving again",
        link="https://github.com/keras-team/keras/issues/14875",
        pattern=pattern(
            r"bad marshal data",
            r"codeobject\.c:\d{1,5}: bad argument",
            r"EOFError: EOF read where object expected",
            r"unknown opcode",
            r"code\(\) (?:argument|takes)",
            r"marshal.{0,40}unsupported",
            r"no locals (?:found )?when (?:setting|loading|storing|deleting)",
        ),
    ),
)
