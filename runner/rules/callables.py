"""Lambdas, functions, methods and other values of Python's own in a model, of which a file keeps a name, bytecode, or nothing."""

from __future__ import annotations

from runner.model import Stage
from runner.rules.base import Rule, pattern

NAMED = "give the layer a named function of a module, registered, or make a layer class of it; or save the weights alone"

CALLABLES = (
    Rule(
        name="lambda-captures-what-cannot-be-copied",
        cause="the function of a Lambda layer uses something of the function around it (an imported module, say) that cannot be copied into"
        " the file",
        class_="python-bytecode",
        remedy=f"import it at the head of the module, not inside of the function that builds the model; or {NAMED}",
        pattern=pattern(r"cannot pickle '(\w{1,40})' object"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="lambda-default-lost",
        cause="the lambda takes an argument by keyword only, and its default value is not in the file",
        class_="python-bytecode",
        remedy=f"write the value into the lambda; or {NAMED}",
        pattern=pattern(r"<lambda>\(\) missing \d{1,2} required keyword-only arguments?: ('\w{1,60}')"),
    ),
    Rule(
        name="lambda-could-not-be-run",
        cause="load_model of Keras 3 runs a Lambda layer to see the shape of what it gives, and the lambda from the file could not be run:"
        " it lacks a default or a name that it had where it was written",
        class_="python-bytecode",
        remedy=f"give the layer output_shape=..., and see what the lambda uses; or {NAMED}",
        pattern=pattern(r"could not automatically infer the shape of the (Lambda)"),
        phases=("load",),
    ),
    Rule(
        name="lambda-of-a-method",
        cause="a Lambda layer calls something that is no plain function (a method of an object, functools.partial): the file has its name"
        " alone, or nothing, and it cannot be called after loading",
        class_="python-bytecode",
        remedy=NAMED,
        pattern=pattern(
            r"^TypeError: unsupported callable",
            r"^AttributeError: 'NoneType' object has no attribute 'get'",
            r"Could not locate class '(method|builtin_function_or_method)'",
        ),
        trace=pattern(r"(?:lambda|inspect|serialization)\w{0,10}\.py"),
        stages=(Stage.LOAD,),
    ),
    Rule(
        name="partial-function",
        cause="the model, its loss or a metric was given a functools.partial, of which Keras can write down no name, or which it cannot"
        " make anew from what it wrote",
        class_="custom-code",
        remedy="make a function with a name, or a class with get_config, of it; for a loss load_model(path, compile=False) helps",
        pattern=pattern(
            r"'(functools\.partial)' object has no attribute '__name__'",
            r"Could not locate class '(partial)'",
            r"Unable to reconstruct an instance of '(\w{1,60})' because the class is missing a `from_config",
        ),
    ),
    Rule(
        name="tensor-in-config",
        cause="get_config of the model's own code returns a tensor, which cannot be written as text",
        class_="custom-code",
        remedy="return numbers or lists: value.numpy().tolist()",
        pattern=pattern(r"Unable to serialize .{1,2000} to JSON\. Unrecognized type <class '[\w.]{0,80}?\b(\w{1,40})'>"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="slash-in-name",
        cause="a layer has a / in its name, which Keras 2 takes and Keras 3 does not",
        class_="keras-2-to-3",
        remedy="in Keras 2 build the model with names without it, load the weights by their order and save that; or stay with tf-keras",
        pattern=pattern(r"cannot contain character `?/`?\. Received: name=(\S{1,80})"),
    ),
    Rule(
        name="name-not-for-graphs",
        cause="a layer's name has a character that graphs of TensorFlow do not take, and a SavedModel is one",
        class_="architecture",
        remedy="name layers with letters of ASCII, digits and _ . - alone; or save .keras",
        pattern=pattern(r"'([^']{1,80})' is not a valid (?:root )?scope name"),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="text-in-h5",
        cause="a weight of the model holds text, and Keras writes numbers alone into .h5",
        class_="architecture",
        remedy="keep words in a lookup layer or in get_config; or save a checkpoint or a SavedModel",
        pattern=pattern(r"'bytes' object has no attribute 'shape'"),
        stages=(Stage.SAVE,),
    ),
)
