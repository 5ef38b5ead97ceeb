"""Optimizers and compilation: the model is right, and training does not go on as it would have."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import OWN_CODE, Rule, pattern
from runner.rules.checkpoints import LEGACY

SLOTS_DIFFER = pattern(
    r'"(\d{1,6} of \d{1,6} slots) differ.{0,60}"slots_differing": \["([^]]{1,160})', r'"(\d{1,6} of \d{1,6} slots) differ'
)
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
        name="loss-scaling-gone",
        cause="the loss scaling of mixed precision is gone: Keras 3 puts it around the optimizer when a model is compiled under the global"
        " policy mixed_float16, and the file holds the optimizer inside alone",
        class_="optimizer-state",
        remedy="call keras.mixed_precision.set_global_policy('mixed_float16') before load_model; or compile anew with a LossScaleOptimizer",
        reasons=FRESH,
        details={Check.OPTIMIZER: pattern(r'"class: (\w{1,60} instead of LossScaleOptimizer\(\w{1,60}\))')},
        consumer=("keras>=3",),
    ),
    Rule(
        name="unbuilt-loss-scaling",
        cause="load_weights of Keras 2 finds no place for the state of the optimizer in a LossScaleOptimizer, and stumbles where it would"
        " warn that this is skipped",
        class_="optimizer-state",
        remedy=f"{BUILD_FIRST}; or load into the model before it is compiled",
        pattern=pattern(r"'(LossScaleOptimizer\w{0,10})' object has no attribute 'name'"),
    ),
    Rule(
        name="optimizer-counted-otherwise",
        cause="the checkpoint counts the optimizer's variables, and this version has others, or has them in another order: the restore"
        " raised nothing, and the first step finds a value of another type",
        class_="optimizer-state",
        remedy="restore the model alone, tf.train.Checkpoint(model=model).restore(path).expect_partial(); the optimizer starts afresh",
        pattern=pattern(r"tensor_name = (optimizer/\S{1,80}?)/\.ATTRIBUTES\S{0,40}; expected dtype \w{1,20} does not equal"),
        phases=("train-step",),
    ),
    Rule(
        name="optimizer-of-legacy-kind",
        cause="the optimizer in the .keras file is of the legacy kind, as those of tensorflow-addons are, and load_model of .keras wants to"
        " build it as a new one",
        class_="optimizer-state",
        remedy="save .h5; or load_model(path, compile=False), then compile anew",
        pattern=pattern(r"'((?!Tracked|dict|list|str)\w{1,60})' object has no attribute 'build'"),
        formats=("keras-v3",),
        phases=("load",),
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
        cause="the optimizer that is made at the load has other variables than the file holds, so its saved state was skipped with a"
        " warning: layers were frozen or thawed after it made its slots, and the model was not compiled again; or its config leaves out"
        " what decides on slots",
        class_="optimizer-state",
        remedy="compile again whenever `trainable` changes, before the model is trained and saved; see that get_config of an optimizer of"
        " your own tells all that decides on slots; or carry training with tf.train.Checkpoint(model=model, optimizer=model.optimizer)",
        evidence=SKIPPED,
        reasons=(*FRESH, Reason.PARTIAL_RESTORE),
    ),
    Rule(
        name="directory-without-slots",
        cause="load_model of a SavedModel directory makes a new optimizer from its settings: slots and step count stay behind in the file",
        class_="optimizer-state",
        remedy="to go on training keep a tf.train.Checkpoint(model=model, optimizer=model.optimizer) beside it; or save .h5, if"
        " the model is no subclassed one",
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
        name="optimizer-fresh-of-checkpoint",
        cause="the checkpoint was read and brought the optimizer nothing: it holds one of another kind (of TensorFlow before 2.11, or of"
        " optimizers.legacy, where the program has a new one), or the optimizer keeps what it has where no checkpoint looks (other"
        " optimizers in a list, say)",
        class_="optimizer-state",
        remedy=f"ask what restore returns: status.assert_consumed() names what was not read; {LEGACY}.* in the program, from 2.11 to 2.15;"
        " save optimizers that are inside of another one by names of their own",
        reasons=(Reason.OPTIMIZER_LOST,),
        formats=("checkpoint",),
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
        details={
            Check.OPTIMIZER: pattern(
                r'"(?:schedule\'s |(?=schedule of |\w{1,40} at step ))(\w[\w \']{1,80}: [^"]{1,80} instead of [^"]{1,60})'
            )
        },
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
        name="product-of-nadam",
        cause="slots and settings of Nadam are right, and its running product began anew: some versions keep it outside of what is saved,"
        " and the first steps after the load differ",
        class_="optimizer-state",
        remedy="set it after loading (optimizer._u_product.assign(...)), take the step as it is, or use Adam",
        reasons=(Reason.TRAIN_STEP_DIFFERS,),
        passed=(Check.OPTIMIZER,),
        details={Check.OPTIMIZER: pattern(r'"class": "(Nadam)"')},
    ),
    Rule(
        name="schedule-raised",
        cause="what the optimizer asks for its learning rate raises: a schedule of your own came back from its configuration with"
        " something that is still that configuration (an object that it was given came back as a dict)",
        class_="custom-code",
        remedy="give the class a from_config that makes the objects anew, as keras.optimizers.schedules.deserialize(config['after'])"
        " does; the optimizer's state is there",
        reasons=(Reason.OPTIMIZER_DIFFERS,),
        phases=("optimizer",),
        trace=OWN_CODE,
    ),
    Rule(
        name="optimizer-unread",
        cause="what came back as the optimizer cannot be read: it has no state, or one of another kind",
        class_="optimizer-state",
        remedy="call model.compile(...) again after loading",
        reasons=(Reason.OPTIMIZER_DIFFERS,),
        phases=("optimizer",),
    ),
)
"""What an optimizer lost where no better rule fits; each says in what it differs."""
