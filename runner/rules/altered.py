"""Silent ones of the weights: nothing was raised, and they have other values than were saved."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import THROUGH_H5, Rule, pattern
from runner.rules.values import OTHER_WORDS

OF_YOURS = r'"((?:[^"]{1,160}) \(a class of yours: \w{1,80}\))"'

ARGUMENTS = (
    Rule(
        name="argument-of-own-class",
        cause="a layer of a class of your own came back with another argument than it was made with: its get_config does not return it, or"
        " its __init__ does not take it from there",
        class_="custom-code",
        remedy="return every argument of __init__ in get_config, beside super().get_config(); or build the model in code and load the"
        " weights alone",
        reasons=(Reason.CONFIG_DIFFERS, Reason.OUTPUTS_DIFFER),
        details={Check.CONFIG: pattern(OF_YOURS)},
        passed=(Check.WEIGHTS,),
    ),
    Rule(
        name="container-came-back-trainable",
        cause="the flag `trainable` of a model inside the model (or of a layer without weights of its own) came back otherwise, and no"
        " weight's did: what is frozen in it stays frozen",
        class_="semantics",
        remedy="as it is nothing trains that did not; to freeze the whole later on, set its `trainable` anew after loading, then compile",
        reasons=(Reason.STRUCTURE_DIFFERS,),
        details={Check.STRUCTURE: pattern(r'"trainable_differs": \[([^]]{1,120})\], "weights_as_before": true')},
    ),
)
"""Settings of layers that say plainly what is wrong."""

SHOWN = (
    Rule(
        name="vocabulary-that-outputs-show",
        cause="a lookup layer came back with another vocabulary: words have other numbers now, or none, and the outputs show it",
        class_="semantics",
        remedy="carry the vocabulary beside the model (layer.get_vocabulary()) and set it anew after loading (set_vocabulary)",
        reasons=(Reason.OUTPUTS_DIFFER,),
        details={Check.CONFIG: pattern(rf'"problems": \["{OTHER_WORDS}')},
        passed=(Check.WEIGHTS,),
    ),
    Rule(
        name="argument-that-outputs-show",
        cause="a layer came back with another argument than it was saved with, and the outputs show it",
        class_="semantics",
        remedy="set it on the layer after loading, or build the model in code and load the weights alone",
        reasons=(Reason.OUTPUTS_DIFFER,),
        details={Check.CONFIG: pattern(r'"problems": \["([^":]{1,80}: [\w: ]{1,60} is [^"]{1,60} instead of [^"]{1,60})"')},
        passed=(Check.WEIGHTS,),
    ),
)
"""Settings of layers that stay as they are told, where nothing better explains the outputs."""

BESIDE = (
    Rule(
        name="variable-beside-lost",
        cause="every weight is right, and a variable that a class of the model's own keeps as an attribute came back with another value, or"
        " not at all: it is not among the weights that are saved",
        class_="custom-code",
        remedy="make it with self.add_weight, which this version saves; or assign its value anew after loading",
        reasons=(Reason.WEIGHTS_DIFFER,),
        details={Check.WEIGHTS: pattern(r'"differing": \["([^]]{1,100})')},
        nearer={Check.WEIGHTS: 1e-300},
    ),
)

ALTERED = (
    Rule(
        name="weights-under-other-names",
        cause="all outputs are right, and weights are not where their names say: as a rule layers of equal shape have exchanged names in"
        " the program (else the outputs do not depend on these weights)",
        class_="architecture",
        remedy="give each layer the name that it had where the model was saved; until then predictions are right, and what goes by name"
        " (by_name=True, freezing some layers) takes the wrong layer",
        reasons=(Reason.WEIGHTS_DIFFER,),
        passed=(Check.OUTPUTS,),
        details={Check.WEIGHTS: pattern(r'"as_made": false.{0,40}"differing": \["([^]]{1,100})')},
    ),
    Rule(
        name="weights-altered",
        cause="weights came back with values that are neither those that were saved nor those that the model was made with: they were given"
        " to the wrong weights of the same shape (layers stand in another order, or under other names, in the program), or changed on the"
        " way (rounded to another number type)",
        class_="architecture",
        remedy="compare the named weights on both sides: the same numbers elsewhere were exchanged (build the layers in the order, and"
        " with the names, that they had), nearly the same ones were rounded",
        reasons=(Reason.WEIGHTS_DIFFER,),
        details={Check.WEIGHTS: pattern(r'"as_made": false.{0,40}"differing": \["([^]]{1,100})')},
    ),
    Rule(
        name="weights-as-made",
        cause="the load raised nothing and left weights as the model was made with: it did not find their values in the file",
        class_="architecture",
        remedy="build the model as it was saved; load in a way that raises (not by name, not skipping what does not fit)",
        reasons=(Reason.WEIGHTS_DIFFER,),
        details={Check.WEIGHTS: pattern(r'"as_made": true.{0,40}"differing": \["([^]]{1,100})')},
    ),
    Rule(
        name="weights-nearly",
        cause="weights came back with nearly the values that were saved: rounded on the way (to a narrower number type, say), those of"
        " another moment of training or their average (use_ema of the optimizer), or small values that were not found and are those that"
        " the model was made with",
        class_="semantics",
        remedy="compare the named weights on both sides, and with the averages of the optimizer, if it has any; save and load them in the"
        " number type that the model has",
        reasons=(Reason.WEIGHTS_DIFFER,),
        details={Check.WEIGHTS: pattern(r'"differing": \["([^]]{1,100})')},
        nearer={Check.WEIGHTS: 0.05},
    ),
    *(
        Rule(
            name=name,
            cause="nothing was raised, and weights have other values than were saved: Keras 2 and Keras 3 name the parts of a model"
            " otherwise in a checkpoint, and BackupAndRestore keeps other files: what reads one of the other kind finds nothing and says"
            " nothing; or the values were changed or exchanged on the way",
            class_="keras-2-to-3",
            remedy=f"{THROUGH_H5}; and always ask what restore returns: status.assert_existing_objects_matched()",
            reasons=(Reason.WEIGHTS_DIFFER,),
            formats=("own",),
            details={Check.WEIGHTS: pattern(r'"differing": \["([^]]{1,100})')},
            producer=producer,
            consumer=consumer,
        )
        for name, producer, consumer in (
            ("own-weights-keras-2-to-3", ("keras<3",), ("keras>=3",)),
            ("own-weights-keras-3-to-2", ("keras>=3",), ("keras<3",)),
        )
    ),
    Rule(
        name="weights-other",
        cause="the load raised nothing, and weights have other values than were saved: they were not found and are as the model was made"
        " with, or they were changed or exchanged on the way",
        class_="architecture",
        remedy="compare the named weights on both sides; build the model as it was saved, and load in a way that raises (not by name,"
        " not skipping what does not fit)",
        reasons=(Reason.WEIGHTS_DIFFER,),
        details={Check.WEIGHTS: pattern(r'"differing": \["([^]]{1,100})')},
    ),
)
