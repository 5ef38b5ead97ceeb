"""Silent ones: nothing was raised, and something is wrong, changed or was skipped."""

from __future__ import annotations

from runner.model import Check, Reason, Stage
from runner.rules.base import Rule, pattern

VALUES = (
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
