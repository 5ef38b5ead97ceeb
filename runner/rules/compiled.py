"""How a model is compiled: another loss, other metrics, other arguments of either, where weights and outputs are right."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import Rule, pattern
from runner.rules.optimizers import SKIPPED

OTHER_LOSS = pattern(r'"values": \{.{0,400}?"(\w{0,60}loss)": \{("expected": [^,}]{1,40}, "found": [^,}]{1,40})\}')
OTHER_VALUE = pattern(r'"values": \{"([^"]{1,60})": \{("expected": [^,}]{1,40}, "found": [^,}]{1,40})\}')
"""What the check of the compilation says of a loss or metric that came back under its name and gives another value."""

NOT_FRESH_EITHER = pattern(r'"like_fresh": false')
"""What the check of the next step says where it is not that of a fresh optimizer either: then it is no lost optimizer."""

OTHER_VALUES = (
    "weights and outputs are right, and on the same data the model tells another value of its loss, or of a metric of the same name, and"
    " its next step leads to other weights: the loss came back with other arguments or loss_weights, layers add something else to"
    " it (regularizers, add_loss), or the model itself answers otherwise"
)
WHICH_OF_BOTH = (
    "compare model.evaluate(x, y) of both sides: where that differs too, compare model.losses, and compile anew with the same loss,"
    " arguments and loss_weights; where only fit differs, it is the model: compare model(x, training=True) layer by layer"
)

COMPILED = (
    Rule(
        name="optimizer-made-for-other-layers",
        cause="the optimizer's saved state was skipped with a warning, as it is made at the load for other variables than the file holds,"
        " and on the same data the next step tells another loss: as a rule layers were frozen or thawed after training began, and the model"
        " was not compiled again",
        class_="optimizer-state",
        remedy="compile again whenever `trainable` changes, before the model is trained and saved; where model.evaluate(x, y) differs too,"
        " the loss came back with other arguments",
        evidence=SKIPPED,
        reasons=(Reason.COMPILE_LOST,),
        failed=(Check.TRAIN_STEP,),
        details={Check.COMPILE: OTHER_VALUE},
    ),
    Rule(
        name="compilation-lost",
        cause="the model was compiled when it was saved, and comes back uncompiled",
        class_="optimizer-state",
        remedy="call model.compile(...) after loading",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r"not compiled")},
    ),
    Rule(
        name="metrics-renamed",
        cause="all metrics are there and tell the same, and some have another name: the long one for a short one, or that of their output"
        " once more before it",
        class_="optimizer-state",
        remedy="what asks for a metric by name (monitor of a callback, history.history) has to ask for the new one; or compile anew",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"renamed": \["([^]]{1,160})')},
    ),
    Rule(
        name="metrics-lost",
        cause="the model comes back compiled without metrics that it had",
        class_="optimizer-state",
        remedy="call model.compile(..., metrics=[...]) after loading",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"expected": "the metrics ([^"]{1,100})')},
    ),
    Rule(
        name="argument-of-keras-loss-or-metric",
        cause="a loss or metric of Keras's own came back with another argument than it was compiled with: this Keras does not write it"
        " into its configuration, or the load compiled the model otherwise",
        class_="optimizer-state",
        remedy="call model.compile(...) after loading with the same arguments",
        link="https://github.com/keras-team/keras/pull/23286",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"problems": \["Keras\'s ([^"]{1,160})')},
    ),
    Rule(
        name="compiled-otherwise",
        cause="the model came back compiled with other loss_weights, or with other weighted_metrics",
        class_="optimizer-state",
        remedy="call model.compile(...) after loading with the same arguments",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"problems": \["((?:loss_weights|weighted metrics) is [^"]{1,160})')},
    ),
    Rule(
        name="test-step-of-other-value",
        cause="evaluate tells something else: the test_step of the model's own class counts on what did not come back, as an argument or"
        " an attribute of the class",
        class_="custom-code",
        remedy="return every argument of __init__ in get_config, and keep what changes in training in weights (add_weight)",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"told_by": "its own test_step", "values": \{"(.{1,120})')},
    ),
    Rule(
        name="argument-of-loss-or-metric",
        cause="a loss or metric of your own came back with another argument than it was made with: its get_config does not tell it",
        class_="custom-code",
        remedy="return every argument of __init__ in get_config; or call model.compile(...) after loading with the same arguments",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"problems": \["([^"]{1,160})')},
    ),
    Rule(
        name="loss-changed",
        cause="the model comes back compiled with another loss",
        class_="optimizer-state",
        remedy="call model.compile(...) with your loss after loading",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"expected": ("[^"]{0,80}"|null), ("found": (?!\1)"?[^"]{0,60})')},
    ),
    Rule(
        name="loss-or-training-of-keras-2-to-3",
        cause=f"{OTHER_VALUES} in training: fit of Keras 3 calls every layer of a functional model for training, also a BatchNormalization"
        " or Dropout that was called with training=False, which Keras 2 leaves as it is",
        class_="keras-2-to-3",
        remedy=f"{WHICH_OF_BOTH}; layer.trainable = False keeps a BatchNormalization as it is in inference, in both",
        link="https://github.com/keras-team/keras/issues/20285",
        reasons=(Reason.COMPILE_LOST,),
        passed=(Check.WEIGHTS, Check.OUTPUTS),
        failed=(Check.TRAIN_STEP,),
        details={Check.COMPILE: OTHER_VALUE, Check.TRAIN_STEP: NOT_FRESH_EITHER},
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="loss-or-training",
        cause=f"{OTHER_VALUES} in training (a BatchNormalization or Dropout that is called with training=False on one side only, or with"
        " another rate or momentum)",
        class_="semantics",
        remedy=WHICH_OF_BOTH,
        reasons=(Reason.COMPILE_LOST,),
        passed=(Check.WEIGHTS, Check.OUTPUTS),
        failed=(Check.TRAIN_STEP,),
        details={Check.COMPILE: OTHER_VALUE, Check.TRAIN_STEP: NOT_FRESH_EITHER},
    ),
    Rule(
        name="loss-of-other-value",
        cause="the loss came back under its name and gives another value: with other arguments or loss_weights than it was saved with, or"
        " layers add something else to it (regularizers, add_loss)",
        class_="optimizer-state",
        remedy="pass the loss with custom_objects={...}, or call model.compile(...) after loading with the same arguments; compare"
        " model.losses of both sides",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: OTHER_LOSS},
    ),
    Rule(
        name="metric-of-other-value",
        cause="a metric came back under its name and gives another value: with other arguments than it was saved with",
        class_="optimizer-state",
        remedy="pass the metric with custom_objects={...}, or call model.compile(...) after loading with the same arguments",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: OTHER_VALUE},
    ),
)
"""What came back compiled otherwise; each says in what it differs."""
