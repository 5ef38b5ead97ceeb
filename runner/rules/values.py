"""Silent ones: nothing was raised, and something is wrong, changed or was skipped."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import OWN_CODE, Rule, pattern

OTHER_WORDS = r'([^"]{1,60}: (?:the vocabulary|token \d)[^"]{0,80})'
"""What the check of the configuration says of a lookup layer whose words are others."""

IN_ANOTHER_ORDER = (
    "outputs or inputs stand in another order or under exchanged names, an activation or another layer without weights is another one or"
    " missing"
)
SUCH_AS = (
    "such as a lookup table, a vocabulary, what Normalization was adapted to, a plain tf.Variable, an argument or a name of its module"
)
CROSSWISE = "compare each output with every output of the saved model (exchanged ones agree crosswise), then layer by layer"

ADDED = (
    Rule(
        name="loss-of-layers",
        cause="what layers and regularizers add to the loss (model.losses) is another sum: one of them came back with another argument, or"
        " was set in a way that is not saved (add_loss of a function); or it is that of an activity regularizer, which Keras 2 and newer"
        " Keras 3 divide by the batch size and early Keras 3 does not",
        class_="semantics",
        remedy="compare model.losses of both sides; return all arguments in get_config; make a layer that calls add_loss of an activity"
        " regularizer",
        reasons=(Reason.CONFIG_DIFFERS, Reason.COMPILE_LOST, Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        details={Check.CONFIG: pattern(r'"the model adds ([^"]{1,80})"')},
    ),
)
"""What explains another next step better than what the step left in the optimizer."""

VALUES = (
    Rule(
        name="vocabulary-changed",
        cause="a lookup layer came back with another vocabulary: words have other numbers now, or none",
        class_="format-changed",
        remedy="carry the vocabulary beside the model (layer.get_vocabulary()) and set it anew after loading (set_vocabulary)",
        link="https://github.com/tensorflow/tensorflow/issues/56054",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(rf'"{OTHER_WORDS}')},
    ),
    Rule(
        name="dtype-policy-changed",
        cause="a layer came back with another dtype policy: it computes in another number type",
        class_="format-changed",
        remedy="build the model in code under the policy that it had, and load the weights alone",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"([^"]{1,60}: the dtype policy[^"]{0,80})')},
    ),
    Rule(
        name="random-state-changed",
        cause="the random generator of a layer (Dropout, augmentation) came back in another state: training draws other numbers",
        class_="format-changed",
        remedy="nothing that predictions depend on; to repeat a training exactly, set the seed after loading",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"([^"]{1,60}): the state of its random generator')},
    ),
    Rule(
        name="inputs-of-fewer-sizes",
        cause="the model that came back takes inputs of one size only where the saved one took any",
        class_="architecture",
        remedy="build it with None for that size, as it was saved: keras.Input(shape=(None, ...))",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"(input \d{1,3} takes [^"]{1,120})')},
    ),
    Rule(
        name="outputs-without-their-names",
        cause="the outputs are right and come in another form: who asks for them by name, or in order, gets none or another one",
        class_="architecture",
        remedy="make the model's outputs as they were where it was saved (a dict, or a list), or adapt the code that uses them",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"outputs come as ([^"]{1,160})')},
    ),
    Rule(
        name="layer-renamed",
        cause="a layer of the model's own came back under another name: its class has no get_config, or one without what"
        " super().get_config() has (name, dtype, trainable)",
        class_="custom-code",
        remedy="let get_config begin with super().get_config() and add to that; until then ask for the layer by its new name",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"([^"]{1,80}: is called [^"]{1,80})"')},
    ),
    Rule(
        name="argument-changed",
        cause="a layer came back with another argument than it was saved with",
        class_="semantics",
        remedy="set it on the layer after loading, or build the model in code and load the weights alone",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"problems": \["([^"]{1,160})')},
    ),
    Rule(
        name="frozen-came-back-trainable",
        cause="layers that were frozen came back trainable, or the other way round: the next fit would train what was to stay",
        class_="semantics",
        remedy="set layer.trainable anew after loading, then compile",
        reasons=(Reason.STRUCTURE_DIFFERS,),
        details={Check.STRUCTURE: pattern(r'"trainable_differs": \[([^]]{1,120})')},
    ),
    Rule(
        name="other-variables",
        cause="the loaded model has other variables than the one that was saved",
        class_="architecture",
        remedy="compare model.weights on both sides; the details of the check `structure` name the shapes",
        reasons=(Reason.STRUCTURE_DIFFERS,),
        details={Check.STRUCTURE: pattern(r'("expected_count": \d{1,6}, "found_count": \d{1,6})')},
    ),
    Rule(
        name="predict-step-lost",
        cause="the model's outputs are right, and those of model.predict are not: the class of the model has a predict_step of its own, and"
        " the load did not know the class and made another one in its place",
        class_="custom-code",
        remedy="import the module that defines the class and pass custom_objects={...} or register it; or build the model in code and load"
        " the weights alone",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        details={Check.OUTPUTS: pattern(r'"differing": \["(what predict gives)"')},
    ),
    Rule(
        name="unusual-inputs-wrong",
        cause="every weight is right, and so are the outputs for the usual inputs; for unusual ones they are not",
        class_="semantics",
        remedy="look what the layers do with such inputs in both versions: clipping, padding, unknown tokens, precision",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        details={Check.OUTPUTS: pattern(r'"differing": \["(?!the usual inputs)([^]]{1,120})')},
    ),
    Rule(
        name="unusual-inputs-raise",
        cause="the loaded model is right for the usual inputs and raises for unusual ones, which the saved model took",
        class_="semantics",
        remedy="the details of the check `outputs` have the message; a shape or a table that was fixed when saving is the usual reason",
        reasons=(Reason.PREDICT_RAISED,),
        details={Check.OUTPUTS: pattern(r'"raised": \["([^"]{1,160})')},
    ),
    Rule(
        name="table-not-restored",
        cause="the lookup table of a layer (its vocabulary) was not restored, which only a warning says: words have other numbers now",
        class_="format-changed",
        remedy="carry the vocabulary beside the model (layer.get_vocabulary()) and set it anew after loading (set_vocabulary)",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        evidence=pattern(
            r"Unresolved object in checkpoint:? ?(\(root\)[\w.-]{0,80}(?:_table|lookup|state_variables)\w{0,20})",
            r"Value in checkpoint could not be found in the restored object:? ?(\(root\)[\w.-]{0,80}(?:_table|lookup)\w{0,20})",
        ),
    ),
    Rule(
        name="vocabulary-left",
        cause="every weight is right and the outputs are not: a lookup layer has the words that the program gave it, since what was read"
        " into the model holds values, and its vocabulary is none of them",
        class_="semantics",
        remedy="give the layer the words that the model was trained with (layer.set_vocabulary, or the same data to adapt), or save .keras",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        details={Check.CONFIG: pattern(rf'"settings": \["{OTHER_WORDS}')},
    ),
    Rule(
        name="made-otherwise",
        cause="every weight is right and the outputs are not: the model was built anew by its code, and a layer has another argument than"
        " it had where it was saved, because the code leaves it to a default, which is another one here",
        class_="semantics",
        remedy="write this argument out in the code, with the value that it had where the model was trained",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        details={Check.CONFIG: pattern(r'"settings": \["([^":]{1,60}: \w{1,60} is [^"]{1,120})')},
    ),
    Rule(
        name="inputs-under-other-keys",
        cause="every weight is right and the outputs are not, and Keras warned that the model is built on a dict of inputs whose keys are"
        " not their names: as a rule two inputs are exchanged",
        class_="architecture",
        remedy="give each input in the dict the key that is its name, as where the model was saved",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        evidence=pattern(
            r"all keys in the dict must match the names of the corresponding tensors\. Received key"
            r" '(\w{1,60}' mapping to .{1,200} which has name '\w{1,60})"
        ),
    ),
    Rule(
        name="other-outputs-of-one-keras",
        cause="every weight is right and the outputs are not, and both sides have the same Keras, so that no default changed: something"
        f" that is not among the weights did not come back, {SUCH_AS}",
        class_="semantics",
        remedy="see what the layers keep besides weights: return it in get_config, or set it anew after loading (Normalization of Keras 3:"
        " layer.finalize_state()); compare layer by layer",
        reasons=(Reason.OUTPUTS_DIFFER,),
        loaders=("load-model", "load-model-nocompile", "load-model-unsafe", "legacy-load-model"),
        passed=(Check.WEIGHTS,),
        step=(("keras", "same"),),
    ),
    Rule(
        name="other-model-of-one-keras",
        cause="every weight is right and the outputs are not, and both sides have the same Keras, so that no default changed:"
        f" {IN_ANOTHER_ORDER}, or something that is not among the weights did not come back, {SUCH_AS}",
        class_="architecture",
        remedy=f"{CROSSWISE}; what a layer keeps besides weights is to be set anew after loading (Normalization of Keras 3:"
        " layer.finalize_state())",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        step=(("keras", "same"),),
    ),
    Rule(
        name="weights-right-outputs-wrong",
        cause=f"every weight is right and the outputs are not: a default or the meaning of a layer changed between the versions,"
        f" {IN_ANOTHER_ORDER}, or something that is no weight (a table, a setting, what Normalization was adapted to) did not come back",
        class_="semantics",
        remedy=f"write the layer's arguments out in the producer instead of relying on defaults; {CROSSWISE}",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
        step=(("keras", "other"),),
    ),
    Rule(
        name="outputs-wrong",
        cause=f"what was loaded runs and gives other outputs; it shows no weights that could be compared, so that these may be others, or"
        f" {IN_ANOTHER_ORDER}",
        class_="semantics",
        remedy=f"{CROSSWISE}; load the same file in another way, as a model or with tf.saved_model.load, to see whether its weights are"
        " right",
        reasons=(Reason.OUTPUTS_DIFFER,),
    ),
    Rule(
        name="other-step-of-own-optimizers",
        cause="the next step leads to other weights than where the model was saved, and no optimizer was compared: the one that the model"
        " shows never took a step, so that it trains with others of its own",
        class_="optimizer-state",
        remedy="compare each optimizer of your own on both sides (iterations, learning rate, variables), and save and restore every one:"
        " tf.train.Checkpoint(model=model, first=..., second=...); where all are right, it is a loss or a layer",
        reasons=(Reason.TRAIN_STEP_DIFFERS,),
        details={Check.OPTIMIZER: pattern(r'"iterations": 0, .{0,40}"slots_expected": 0\b')},
    ),
    Rule(
        name="other-step-of-one-keras",
        cause="the settings of the optimizer are right and the values of its slots are all there, if it has any; its next step is another"
        " one, and both sides have the same Keras, so that no default changed: the loss, a layer (momentum, a random generator), a"
        " constraint or the training loop came back with other settings, or a slot has the values of another one of its shape",
        class_="semantics",
        remedy="see that get_config of losses and layers of your own returns all arguments; call model.compile(...) anew with the same"
        " arguments after loading, and set seeds anew; where your own code restores slots, see that each gets its own values",
        reasons=(Reason.TRAIN_STEP_DIFFERS,),
        passed=(Check.OPTIMIZER,),
        step=(("keras", "same"),),
    ),
    Rule(
        name="other-algorithm",
        cause="the settings of the optimizer are right and the values of its slots are all there, if it has any; its next step is another"
        " one: its algorithm or a default changed between the versions, or the loss or a layer came back with other settings, or a slot has"
        " the values of another one of its shape",
        class_="semantics",
        remedy="write the arguments of optimizer, loss and layers out, and compare one step by hand",
        reasons=(Reason.TRAIN_STEP_DIFFERS,),
        passed=(Check.OPTIMIZER,),
        step=(("keras", "other"),),
    ),
    Rule(
        name="step-alone-differs",
        cause="the next step leads to other weights than where the model was saved, and leaves in the optimizer's slots what it did there:"
        " how weights are moved by them changed (a setting such as epsilon, or the algorithm), or something else moves weights as well (a"
        " constraint, weight decay)",
        class_="semantics",
        remedy="write the arguments of the optimizer out, and compare one step by hand",
        reasons=(Reason.OPTIMIZER_DIFFERS,),
        details={Check.OPTIMIZER: pattern(r'"problems": \["(the step was another one)"\]')},
    ),
    Rule(
        name="skipped-with-warning",
        cause="the load skipped something and only warned; all that was compared is right",
        class_="format-changed",
        remedy="the warnings of the cell name what was skipped",
        reasons=(Reason.PARTIAL_RESTORE,),
        evidence=pattern(
            r"(?:[Ss]kipping (?:loading of |loading |variable loading for )?)([^,.]{1,80})", r"([^.]{1,80}could not be loaded)"
        ),
    ),
)

RAISED = (
    Rule(
        name="raised-by-own-code",
        cause="the code of the model or of its fixture raised this, not TensorFlow: the last call of the traceback stands in its file",
        class_="custom-code",
        remedy="look at the line that is named: it runs while the model is made, saved, loaded or called",
        reasons=(Reason.LOAD_RAISED, Reason.SAVE_RAISED, Reason.PREDICT_RAISED, Reason.TRAIN_STEP_RAISED),
        trace=OWN_CODE,
    ),
    Rule(
        name="raised-in-own-save-or-load",
        cause="it was raised while the functions save and load of the fixture's file ran; its message is so long that nothing of the"
        " traceback was kept",
        class_="custom-code",
        remedy="run the cell alone with `reproduce`, and shorten the message where it is raised",
        reasons=(Reason.LOAD_RAISED, Reason.SAVE_RAISED),
        formats=("own",),
        trace=pattern(r'^(?!.*File ").{1000}'),
    ),
)
"""What raised in somebody's own code, where no message says more."""
