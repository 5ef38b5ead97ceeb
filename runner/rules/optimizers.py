"""Optimizers and compilation: the model is right, and training does not go on as it would have."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import Rule, pattern

OTHER_LOSS = pattern(r'"values": \{.{0,400}?"(\w{0,60}loss)": \{("expected": [^,}]{1,40}, "found": [^,}]{1,40})\}')
OTHER_VALUE = pattern(r'"values": \{"([^"]{1,60})": \{("expected": [^,}]{1,40}, "found": [^,}]{1,40})\}')
"""What the check of the compilation says of a loss or metric that came back under its name and gives another value."""

NOT_FRESH_EITHER = pattern(r'"like_fresh": false')
"""What the check of the next step says where it is not that of a fresh optimizer either: then it is no lost optimizer."""

OTHER_VALUES = (
    "weights and outputs are right, and on the same data the model tells another value of its loss, or of a metric of the same name, and"
    " its next step leads to other weights: the loss came back with other arguments or loss_weights, or the model itself answers otherwise"
)
WHICH_OF_BOTH = (
    "compare model.evaluate(x, y) of both sides: where that differs too, compile anew with the same loss, arguments and loss_weights;"
    " where only fit differs, it is the model: compare model(x, training=True) layer by layer"
)

SLOTS_DIFFER = pattern(r'"(\d{1,6} of \d{1,6} slots) differ')
DIRECTORIES = ("keras-dir", "saved-model")
FRESH = (Reason.OPTIMIZER_LOST, Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS)
BUILD_FIRST = "before load_weights call model.optimizer.build(model.trainable_variables): then it has places for what was saved"

SKIPPED = pattern(r"Skipping variable loading for (?:the )?optimizer '?(\w{1,60})")
NO_SLOTS_YET = pattern(r"loading for (?:the )?optimizer '((?!\w{0,20}sgd)\w{1,60})', because it has [12] ")
"""It has its iterations and its learning rate alone: only SGD may never have more."""

UNBUILT = "load_weights fills only what exists, and the optimizer has no slots before its first step: its saved state was skipped"
OF_WEIGHTS = ("load-weights", "load-weights-skip-mismatch", "model-from-json")

OPTIMIZERS = (
    Rule(
        name="program-not-compiled",
        cause="the model that the values were read into is not compiled: what was saved of the optimizer has no place in it",
        class_="optimizer-state",
        remedy=f"call model.compile(...) as where it was saved, before the values are read; {BUILD_FIRST}",
        reasons=(Reason.OPTIMIZER_LOST,),
        details={Check.OPTIMIZER: pattern(r'"found": "none"')},
    ),
    *(
        Rule(
            name=name,
            cause="load_model of .h5 in Keras 3 makes the optimizer before it knows the model's variables: the model predicts,"
            " and cannot be trained until it is compiled again",
            class_="optimizer-state",
            remedy="call model.compile(...) again after loading (the optimizer starts afresh), or save .keras",
            pattern=pattern(
                r"can only be called for the variables it was originally built with",
                r"numpy\(\) is only available when eager execution is enabled",
            ),
            evidence=evidence,
            formats=(format_,),
            phases=("optimizer", "train-step"),
            consumer=consumer,
        )
        for name, format_, evidence, consumer in (
            ("h5-optimizer-of-keras-3", "h5", None, ()),
            # Only load_model of .h5 warns so in Keras 3.
            ("own-h5-optimizer-of-keras-3", "own", pattern(r"the compiled metrics have yet to be built"), ("keras>=3",)),
        )
    ),
    Rule(
        name="optimizer-of-other-shape",
        cause="the optimizer keeps other variables in these two versions: those in the file do not fit it",
        class_="optimizer-state",
        remedy="load_model(path, compile=False), then compile anew: the optimizer starts afresh",
        pattern=pattern(r"could not be loaded\. Example error message for object <keras\.src\.optimizers\.\w{1,40}\.(\w{1,40}) object"),
    ),
    Rule(
        name="weights-for-other-optimizer",
        cause=f"{UNBUILT}; and the program compiles the model with an optimizer of another class or with other settings than it had",
        class_="optimizer-state",
        remedy=f"compile it as it was; {BUILD_FIRST}",
        evidence=SKIPPED,
        reasons=FRESH,
        loaders=OF_WEIGHTS,
        details={Check.OPTIMIZER: pattern(r'"problems": \["((?!iterations)[a-z]\w{0,40}: [^"]{1,80} instead of [^"]{1,60})')},
        # Between versions defaults differ.
        step=(("keras", "same"),),
    ),
    Rule(
        name="weights-for-other-training",
        cause=f"{UNBUILT}; and the next step is not that of a fresh optimizer either: as a rule the program compiles the model with another"
        " loss, loss_weights or regularizer than it had",
        class_="optimizer-state",
        remedy=f"compile it as it was; {BUILD_FIRST}",
        evidence=SKIPPED,
        reasons=FRESH,
        loaders=OF_WEIGHTS,
        details={Check.OPTIMIZER: pattern(r'"the step was another one"')},
        step=(("keras", "same"),),
    ),
    *(
        Rule(
            name=name,
            cause=UNBUILT,
            class_="optimizer-state",
            remedy=BUILD_FIRST,
            link="https://github.com/keras-team/keras/issues/19389",
            evidence=evidence,
            reasons=(*FRESH, Reason.PARTIAL_RESTORE),
            loaders=loaders,
        )
        for name, loaders, evidence in (
            ("weights-without-optimizer", OF_WEIGHTS, SKIPPED),
            ("own-weights-without-optimizer", ("own",), NO_SLOTS_YET),
        )
    ),
    Rule(
        name="optimizer-made-otherwise",
        cause="the optimizer that its config makes has other variables than the file holds, so its saved state was skipped with a warning",
        class_="optimizer-state",
        remedy="see that get_config of the optimizer tells all that decides on its slots (momentum, amsgrad, ...); or compile anew",
        evidence=SKIPPED,
        reasons=(*FRESH, Reason.PARTIAL_RESTORE),
    ),
    Rule(
        name="directory-without-slots",
        cause="load_model of a SavedModel directory makes a new optimizer from its settings: slots and step count stay behind in the file",
        class_="optimizer-state",
        remedy="to go on training keep a tf.train.Checkpoint(model=model, optimizer=model.optimizer) beside it, or save .h5",
        link="https://github.com/keras-team/tf-keras/issues/70",
        reasons=FRESH,
        formats=DIRECTORIES,
        loaders=("load-model", "legacy-load-model"),
    ),
    Rule(
        name="h5-optimizer-lost",
        cause="load_model could not put the saved slots into its optimizer, and goes on with a fresh one",
        class_="optimizer-state",
        remedy="expect training to restart its moments; a tf.train.Checkpoint of model and optimizer carries them between"
        " versions of one kind",
        evidence=pattern(r"freshly initialized optimizer", r"could not (?:be )?load(?:ed)? the optimizer"),
        reasons=FRESH,
    ),
)

LEFT = (
    Rule(
        name="optimizer-class",
        cause="the optimizer came back as another class",
        class_="optimizer-state",
        remedy="compile again with the optimizer that you want; its slots start afresh",
        reasons=FRESH,
        details={Check.OPTIMIZER: pattern(r'"class: (\w{1,60} instead of \w{1,60})')},
    ),
    Rule(
        name="optimizer-fresh",
        cause="the optimizer starts afresh: its slots and its step count are not in the file, or were not restored",
        class_="optimizer-state",
        remedy="carry the optimizer with tf.train.Checkpoint(model=model, optimizer=optimizer), or accept that training"
        " restarts its moments",
        reasons=(Reason.OPTIMIZER_LOST,),
    ),
    Rule(
        name="weight-decay-reaches-more",
        cause="what the optimizer's weight decay was told to leave out (exclude_from_weight_decay) is in no config: all weights decay now",
        class_="optimizer-state",
        remedy="call optimizer.exclude_from_weight_decay(...) again after loading, before the first step",
        reasons=(Reason.OPTIMIZER_DIFFERS,),
        details={Check.OPTIMIZER: pattern(r'"excluded from weight decay: (\'nothing\' instead of [^"]{1,80})')},
    ),
    Rule(
        name="schedule-changed",
        cause="the learning-rate schedule came back with other arguments: at some steps it gives another rate",
        class_="optimizer-state",
        remedy="see that get_config of the schedule returns all that it was made with; or set a new one:"
        " model.compile(optimizer=...) with the schedule as it was",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        details={Check.OPTIMIZER: pattern(r'"(?:learning_rate|schedule\'s) (\w[\w ]{1,60}: [^"]{1,80} instead of [^"]{1,60})')},
    ),
    Rule(
        name="optimizer-setting",
        cause="the optimizer came back with another setting",
        class_="optimizer-state",
        remedy="set it anew after loading, for example model.optimizer.learning_rate = ...",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        details={Check.OPTIMIZER: pattern(r'"((?!class|iterations)[a-z]\w{1,40}: [^"]{1,80} instead of [^"]{1,60})')},
    ),
    Rule(
        name="optimizer-steps",
        cause="the optimizer came back with another number of steps: what depends on it (schedules, bias correction) goes on elsewhere",
        class_="optimizer-state",
        remedy="set model.optimizer.iterations.assign(...) after loading",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        details={Check.OPTIMIZER: pattern(r'"iterations(?: after the step)?: (-?\d{1,20} instead of -?\d{1,20})')},
    ),
    Rule(
        name="step-from-checkpoint-of-one-keras",
        cause="weights and outputs are right; the next step leads elsewhere than where the checkpoint was saved, and both sides have the"
        " same Keras: as a rule the program compiles the model with another loss, loss_weights or regularizer than it had, else a layer"
        " does other things in training, or slots of the optimizer were not found",
        class_="optimizer-state",
        remedy="compare what the program compiles with: model.evaluate(x, y) on the same data shows another loss; then compare the slots",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        passed=(Check.WEIGHTS, Check.OUTPUTS),
        formats=("checkpoint",),
        details={Check.OPTIMIZER: pattern(r'"the step was another one", "(\d{1,6} of \d{1,6} slots) differ after the step')},
        step=(("keras", "same"),),
    ),
    Rule(
        name="slots-of-checkpoint",
        cause="the checkpoint brought the optimizer, and some of its slots (its moments) have other values after the next step than where"
        " it was saved: they were not found, this version takes another step, or the program compiles the model with another loss or"
        " regularizer",
        class_="optimizer-state",
        remedy="compile as it was; else accept that training restarts its moments, or go on training in the version that saved",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        formats=("checkpoint",),
        details={Check.OPTIMIZER: SLOTS_DIFFER},
    ),
    Rule(
        name="optimizer-slots",
        cause="some of the optimizer's slots (its moments) came back with other values",
        class_="optimizer-state",
        remedy="carry the optimizer with tf.train.Checkpoint(model=model, optimizer=optimizer), or accept that training"
        " restarts its moments",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        details={Check.OPTIMIZER: SLOTS_DIFFER},
    ),
    Rule(
        name="optimizer-unread",
        cause="what came back as the optimizer cannot be read: it has no state, or one of another kind",
        class_="optimizer-state",
        remedy="call model.compile(...) again after loading",
        reasons=(Reason.OPTIMIZER_DIFFERS,),
        phases=("optimizer",),
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
        name="metrics-lost",
        cause="the model comes back compiled without metrics that it had",
        class_="optimizer-state",
        remedy="call model.compile(..., metrics=[...]) after loading",
        reasons=(Reason.COMPILE_LOST,),
        details={Check.COMPILE: pattern(r'"expected": "the metrics ([^"]{1,100})')},
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
        cause="the loss came back under its name and gives another value: with other arguments or loss_weights than it was saved with",
        class_="optimizer-state",
        remedy="pass the loss with custom_objects={...}, or call model.compile(...) after loading with the same arguments",
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
"""What an optimizer lost where no better rule fits; each says in what it differs."""
