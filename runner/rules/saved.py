"""Saves that raised nothing, and wrote nothing or less than the model holds."""

from __future__ import annotations

from runner.model import Reason, Stage
from runner.rules.base import Rule, pattern
from runner.rules.checkpoints import LISTS_NOT_TRACKED

SAVED = (
    Rule(
        name="save-wrote-nothing",
        cause="the save raised nothing and wrote nothing",
        class_="misuse",
        remedy="look at the files after saving; give the path the extension of the format, or use another format; a ModelCheckpoint that"
        " does not find what it is to monitor writes nothing",
        reasons=(Reason.SAVE_WROTE_NOTHING,),
        stages=(Stage.SAVE,),
    ),
    Rule(
        name="parts-not-tracked",
        cause="tf.train.Checkpoint of a Keras 3 model does not reach layers that stand in a list or dict of the model: their weights are"
        " not in the file, and nothing says so",
        class_="keras-2-to-3",
        remedy="make each layer an attribute of the model of its own; or save .weights.h5 or .keras",
        link=LISTS_NOT_TRACKED,
        reasons=(Reason.ARTIFACT_INCOMPLETE,),
        stages=(Stage.SAVE,),
        formats=("checkpoint",),
        notes={"incomplete": pattern(r"not among its \d{1,6} arrays: (\S{1,80})")},
        producer=("keras>=3",),
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
