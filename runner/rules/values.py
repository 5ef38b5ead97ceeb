"""Silent ones: nothing was raised, and something is wrong, changed or was skipped."""

from __future__ import annotations

from runner.model import Check, Reason, Stage
from runner.rules.base import Rule, pattern

VALUES = (
    Rule(
        name="vocabulary-changed",
        cause="a lookup layer came back with another vocabulary: words have other numbers now, or none",
        class_="format-changed",
        remedy="carry the vocabulary beside the model (layer.get_vocabulary()) and set it anew after loading (set_vocabulary)",
        reasons=(Reason.CONFIG_DIFFERS,),
        details={Check.CONFIG: pattern(r'"([^"]{1,60}: (?:the vocabulary|token \d)[^"]{0,80})')},
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
        name="weights-as-made",
        cause="the load raised nothing and left weights as the model was made with: it did not find their values in the file",
        class_="architecture",
        remedy="build the model as it was saved; load in a way that raises (not by name, not skipping what does not fit)",
        reasons=(Reason.WEIGHTS_DIFFER,),
        details={Check.WEIGHTS: pattern(r'"differing": \["([^]]{1,100})')},
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
        name="weights-right-outputs-wrong",
        cause="every weight is right and the outputs are not: a default or the meaning of a layer changed between the versions",
        class_="semantics",
        remedy="write the layer's arguments out in the producer instead of relying on defaults, and compare layer by layer",
        reasons=(Reason.OUTPUTS_DIFFER,),
        passed=(Check.WEIGHTS,),
    ),
    Rule(
        name="other-algorithm",
        cause="slots and settings of the optimizer are right, and its next step is not: its algorithm or a default changed"
        " between the versions",
        class_="semantics",
        remedy="write the optimizer's arguments out, and compare one step by hand",
        reasons=(Reason.TRAIN_STEP_DIFFERS,),
        passed=(Check.OPTIMIZER,),
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
    Rule(
        name="save-wrote-nothing",
        cause="the save raised nothing and wrote nothing",
        class_="misuse",
        remedy="look at the files after saving; give the path the extension of the format, or use another format",
        reasons=(Reason.SAVE_WROTE_NOTHING,),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="save-incomplete",
        cause="the save raised nothing and left weights out: the model was not built yet, or holds weights where Keras does not look",
        class_="misuse",
        remedy="call the model once on data before saving; keep layers and variables as attributes of the model, or in lists of it",
        reasons=(Reason.ARTIFACT_INCOMPLETE,),
        stages=(Stage.SAVE,),
    ),
)
