"""TensorFlow checkpoints: objects that have other names or another order in the program than in the file."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import THROUGH_H5, Rule, pattern

CHECKPOINTS = ("checkpoint", "weights-tf")
BY_HAND = f"{THROUGH_H5}; from the checkpoint alone tf.train.load_checkpoint(path).get_tensor(name) gives them one by one"
BY_HAND_AND_ASK = f"{BY_HAND}; and always ask: status = checkpoint.restore(path); status.assert_existing_objects_matched()"
LISTS_NOT_TRACKED = "https://github.com/keras-team/keras/issues/18398"
LEGACY = "make the optimizer with tf.keras.optimizers.legacy"
UNBOUND = (
    r"Unresolved object in checkpoint:? ?(\(root\)[\w.]{0,80})",
    r"Found (\d{1,6} Python objects) that were not bound to checkpointed values",
    r"not bound to checkpointed values",
    r"Nothing except the root object matched",
    r"Unresolved object in checkpoint",
    r"not assigned a value from checkpoint",
    r"Unresolved slot restorations",
    r"Unused attributes in these objects",
    r"Some objects had attributes which were not restored",
)
SLOT = (
    r"incompatible tensor with shape.{0,200}name (\w{1,30}/(?:m|v|momentum|velocity)/[^\s:]{0,80})",
    r"incompatible tensor with shape.{0,200}name (optimizer/_variables/\d{1,6})",
    r"incompatible tensor with shape.{0,200}name ([^\s:]{1,200}_(?:velocity|momentum|accumulator|average))\b",
)
LEFT_OVER = (
    r"Value in checkpoint could not be found in the restored object:? ?(\(root\)[.\w-]{0,80})",
    r"Unresolved object in checkpoint:? ?(\(root\)[.\w-]{0,80})",
)
SILENT = (Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER)

RESTORES = (
    Rule(
        name="restore-legacy-optimizer",
        cause="the checkpoint holds an optimizer of TensorFlow before 2.11 (or a legacy one), and the program has one of the new kind",
        class_="optimizer-state",
        remedy=f"{LEGACY}.* in the consumer, from 2.11 to 2.15; a model that is not compiled yet restores without its optimizer",
        link="https://github.com/keras-team/keras-io/pull/1426",
        pattern=pattern(r"from a legacy Keras optimizer into a v2\.11\+"),
    ),
    Rule(
        name="restore-silent-keras-2-to-3",
        cause="Keras 2 and Keras 3 name the parts of a model differently in a checkpoint: the restore matched no weight, raised nothing,"
        " and the model keeps the weights it was made with",
        class_="keras-2-to-3",
        remedy=BY_HAND_AND_ASK,
        reasons=SILENT,
        formats=CHECKPOINTS,
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="restore-silent-keras-3-to-2",
        cause="Keras 3 and Keras 2 name the parts of a model differently in a checkpoint: the restore matched no weight, raised nothing,"
        " and the model keeps the weights it was made with",
        class_="keras-2-to-3",
        remedy=BY_HAND_AND_ASK,
        reasons=SILENT,
        formats=CHECKPOINTS,
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="restore-warned-keras-2-to-3",
        cause="Keras 2 and Keras 3 name the parts of a model differently in a checkpoint: the restore matched no weight, and said"
        " so only in warnings",
        class_="keras-2-to-3",
        remedy=BY_HAND_AND_ASK,
        evidence=pattern(*LEFT_OVER),
        reasons=SILENT,
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="restore-warned-keras-3-to-2",
        cause="Keras 3 and Keras 2 name the parts of a model differently in a checkpoint: the restore matched no weight, and said"
        " so only in warnings",
        class_="keras-2-to-3",
        remedy=BY_HAND_AND_ASK,
        evidence=pattern(*LEFT_OVER),
        reasons=SILENT,
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="restore-more-weights",
        cause="the model in the program has weights that the file does not have: they keep the values that they were made with",
        class_="architecture",
        remedy="build the model as it was when it was saved, restore, and change it afterwards",
        reasons=SILENT,
        details={Check.WEIGHTS: pattern(r'"differing": \[\].{0,80}"unexpected": \["([^]]{1,100})')},
    ),
    Rule(
        name="restore-keras-2-to-3",
        cause="Keras 2 and Keras 3 name the parts of a model and its optimizer differently in a checkpoint, so they find"
        " nothing or the wrong thing",
        class_="keras-2-to-3",
        remedy=BY_HAND,
        pattern=pattern(*SLOT, *UNBOUND),
        formats=(*CHECKPOINTS, "own"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="restore-keras-3-to-2",
        cause="Keras 3 and Keras 2 name the parts of a model and its optimizer differently in a checkpoint, so they find"
        " nothing or the wrong thing",
        class_="keras-2-to-3",
        remedy=BY_HAND,
        pattern=pattern(*SLOT, *UNBOUND),
        formats=(*CHECKPOINTS, "own"),
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="restore-new-optimizer-asserted",
        cause="from TensorFlow 2.11 on optimizers keep their slots otherwise; this older optimizer finds none of them in the checkpoint",
        class_="optimizer-state",
        remedy=f"{LEGACY}.* in the producer, or restore the model alone",
        pattern=pattern(*UNBOUND),
        formats=(*CHECKPOINTS, "own"),
        producer=("keras>=2.11,<3",),
        consumer=("keras<2.11",),
    ),
    Rule(
        name="restore-new-optimizer",
        cause="from TensorFlow 2.11 on optimizers keep their slots otherwise; this older optimizer found none of them and starts afresh",
        class_="optimizer-state",
        remedy=f"{LEGACY}.* in the producer; else training restarts its moments",
        reasons=(Reason.OPTIMIZER_LOST, Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        formats=CHECKPOINTS,
        producer=("keras>=2.11,<3",),
        consumer=("keras<2.11",),
    ),
    Rule(
        name="restore-new-optimizer-warned",
        cause="from TensorFlow 2.11 on optimizers keep their slots otherwise; this older optimizer found none of them and starts afresh",
        class_="optimizer-state",
        remedy=f"{LEGACY}.* in the producer; else training restarts its moments",
        evidence=pattern(
            r"Value in checkpoint could not be found in the restored object:? ?(\(root\)[.\w-]{0,40}optimizer\._variables)",
            r"Unresolved object in checkpoint:? ?(\(root\)[.\w-]{0,40}optimizer\._variables)",
        ),
        reasons=(Reason.OPTIMIZER_LOST, Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
        producer=("keras>=2.11,<3",),
        consumer=("keras<2.11",),
    ),
    Rule(
        name="restore-slot-order",
        cause="the optimizer's slots stand in another order in the checkpoint than in the program",
        class_="optimizer-state",
        remedy="restore the model alone, before it is compiled: tf.train.Checkpoint(model=model).restore(path)",
        pattern=pattern(*SLOT),
        formats=(*CHECKPOINTS, "own"),
    ),
    Rule(
        name="restore-helpers-asserted",
        cause="the checkpoint names objects that are no values (functions of a newer Keras), and assert_consumed() asks for every one of"
        " them in the program",
        class_="format-changed",
        remedy="assert_existing_objects_matched() instead: it asks whether all that the program has was found",
        pattern=pattern(r"Unresolved object in checkpoint:? ?(\(root\)[\w.-]{0,80}(?:_function|_nodes))"),
        step=(("tensorflow", "other"),),
    ),
    Rule(
        name="restore-input-layer-asserted",
        cause="before TensorFlow 2.2 a checkpoint counts the input layer among the layers of a model, later it does not: the layer, which"
        " holds no values, is missing on one side, and the assertion asks for it",
        class_="format-changed",
        remedy="without the assertion; then compare the weights, or call assert_nontrivial_match() on what restore returns",
        pattern=pattern(r"not bound to checkpointed values.{0,80}: \[<[\w.]{1,120}\.(InputLayer) object"),
        step=(("tensorflow", "other"),),
    ),
    Rule(
        name="restore-other-objects",
        cause="the checkpoint and the program do not have the same objects",
        class_="architecture",
        remedy="the message names them: build the program's objects as they were when it was saved, or restore only the model;"
        " assert_existing_objects_matched() asks less than assert_consumed()",
        pattern=pattern(*UNBOUND),
    ),
    Rule(
        name="restore-of-untracked-parts",
        cause="the restore left these weights as the model was made with and raised nothing, and the file holds values for which only the"
        " optimizer has a place: as a rule the layers stand in a list or dict of the model, where tf.train.Checkpoint of a Keras 3 model"
        " does not reach; else the program has its layers under other names",
        class_="keras-2-to-3",
        remedy="make each layer an attribute of the model of its own and save again, or save .weights.h5 or .keras;"
        " assert_existing_objects_matched() passes over such layers",
        link=LISTS_NOT_TRACKED,
        evidence=pattern(r"Value in checkpoint could not be found in the restored object:? ?\(root\)\.optimizer\._trainable_variables"),
        reasons=SILENT,
        formats=CHECKPOINTS,
        details={Check.WEIGHTS: pattern(r'"as_made": true, "differing": \["([^]]{1,100})')},
        producer=("keras>=3",),
        consumer=("keras>=3",),
        step=(("keras", "same"),),
    ),
    Rule(
        name="restore-silent",
        cause="the restore found no values for some weights and raised nothing: the model in the program is not built as"
        " the one that was saved",
        class_="architecture",
        remedy="call status = checkpoint.restore(path); status.assert_existing_objects_matched(), which names what was not found",
        reasons=SILENT,
        formats=CHECKPOINTS,
        # Values that are neither those of the file nor those it was made with were found, and are others.
        details={Check.WEIGHTS: pattern(r'^\{(?:"as_made": true, )?"differing": \["([^]]{1,100})')},
    ),
    Rule(
        name="restore-other-names",
        cause="the restore found no values for some weights, or for all, and said so only in warnings: the checkpoint has its objects under"
        " other names than the program",
        class_="misuse",
        remedy="give tf.train.Checkpoint the same keywords as when it was saved (tf.train.list_variables(path) shows them),"
        " and call assert_existing_objects_matched() on what restore returns",
        link="https://github.com/tensorflow/tensorflow/issues/39843",
        evidence=pattern(
            r"Value in checkpoint could not be found in the restored object:? ?(\(root\)\.[\w-]{1,60})",
            r"Unresolved object in checkpoint:? ?(\(root\)\.[\w-]{1,60})",
        ),
        reasons=(Reason.WEIGHTS_DIFFER,),
    ),
    Rule(
        name="restore-numbered-otherwise",
        cause="a checkpoint has each layer under two names, and before and from TensorFlow 2.2 on one of them, its number, is not"
        " counted alike (with or without the input layer); all values that were compared are right",
        class_="format-changed",
        remedy="nothing has to be done; status.expect_partial() silences the warnings",
        evidence=pattern(r"(Inconsistent references) when loading the checkpoint"),
        reasons=(Reason.PARTIAL_RESTORE,),
        step=(("tensorflow", "other"),),
    ),
    Rule(
        name="restore-left-helpers",
        cause="the file names objects that this version does not have, such as functions of a newer Keras; all values that"
        " were compared are right",
        class_="format-changed",
        remedy="nothing has to be done; status.expect_partial() silences the warnings",
        evidence=pattern(r"Unresolved object in checkpoint:? ?(\(root\)[\w.-]{0,80})"),
        reasons=(Reason.PARTIAL_RESTORE,),
    ),
    Rule(
        name="restore-left-values",
        cause="the file holds values for which the program has no place, or not yet; all that were compared are right",
        class_="format-changed",
        remedy="the warnings name them; assert_existing_objects_matched() says whether the program misses any",
        link="https://github.com/tensorflow/tensorflow/issues/43554",
        evidence=pattern(r"Value in checkpoint could not be found in the restored object:? ?(\(root\)[\w.-]{0,80})"),
        reasons=(Reason.PARTIAL_RESTORE,),
    ),
)
