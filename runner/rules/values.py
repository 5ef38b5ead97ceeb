"""Values that stand elsewhere than they are looked for, or did not come back, raised or silent."""

from __future__ import annotations

from runner.model import Reason
from runner.rules.base import Rule, pattern

HDF5 = ("h5", "weights-h5", "keras-v3")
CHECKPOINTS = ("checkpoint", "weights-tf")

LAYOUTS = (
    Rule(
        cause="load_model of .h5 in Keras 3 builds the optimizer without the model's variables: the model predicts, and cannot be trained"
        " until it is compiled again",
        class_="optimizer-state",
        remedy="compile the model again after loading (its optimizer starts afresh), or save .keras",
        pattern=pattern(
            r"can only be called for the variables it was originally built with",
            r"numpy\(\) is only available when eager execution is enabled",
        ),
        formats=("h5",),
        loaders=("load-model",),
        phases=("train-step",),
    ),
    Rule(
        cause="the SavedModel holds the slots of an older optimizer, which this version loads as an object that cannot have any",
        class_="optimizer-state",
        remedy="save without the optimizer: model.export, include_optimizer=False, or a model that is not compiled",
        pattern=pattern(r"'_UserObject' object has no attribute 'add_slot'"),
    ),
    Rule(
        cause="the saved graph uses an operation that this TensorFlow does not have",
        class_="graph-newer",
        remedy="save in a TensorFlow no newer than the consumer, or carry the weights alone",
        pattern=pattern(
            r"Op type not registered", r"NodeDef mentions attr .{0,80} not in Op", r"Value for attr .{0,80} is not in the list"
        ),
    ),
    Rule(
        cause="the checkpoint is of a legacy optimizer (before 2.11), the model has a new one",
        class_="optimizer-state",
        remedy="use tf.keras.optimizers.legacy.* in the consumer, or restore the model without its optimizer",
        pattern=pattern(r"from a legacy Keras optimizer into a v2\.11\+"),
    ),
    Rule(
        cause="the optimizer's slots stand in another order than in the checkpoint",
        class_="optimizer-state",
        remedy="restore the model without its optimizer",
        pattern=pattern(
            r"incompatible tensor with shape.{0,200}name (?:\w{1,30}/(?:m|v|momentum|velocity)/|\S{1,200}_(?:velocity|momentum)\b)"
        ),
        formats=CHECKPOINTS,
    ),
    Rule(
        cause="the layout of .weights.h5 changed between Keras versions",
        class_="layout-changed",
        remedy="save .h5 or a SavedModel, or save the weights in a Keras of the same generation",
        pattern=pattern(
            r"expected \d{1,6} variables, but received \d{1,6} variables",
            r"(?:found|containing) 0 (?:saved )?layers",
            r"object 'vars' doesn't exist",
            r"Layer count mismatch",
            r"Weight count mismatch",
            r"A total of \d{1,6} objects could not be loaded",
            r"Unable to (?:synchronously )?open object",
        ),
        formats=("weights-h5",),
    ),
    Rule(
        cause="the layout of the values inside .keras changed between Keras versions",
        class_="layout-changed",
        remedy="save .h5 or a SavedModel in the producer",
        pattern=pattern(r"expected \d{1,6} variables, but received \d{1,6} variables", r"A total of \d{1,6} objects could not be loaded"),
        formats=("keras-v3",),
    ),
    Rule(
        cause="the layers of the file are not those of the model",
        class_="layout-changed",
        remedy="rebuild the model as it was saved, or load by name",
        pattern=pattern(
            r"Layer count mismatch",
            r"Weight count mismatch",
            r"weight file containing \d{1,6} layers",
            r"Shape mismatch",
            r"incompatible tensor with shape",
        ),
    ),
    Rule(
        cause="the checkpoint and the program do not have the same objects",
        class_="layout-changed",
        remedy="restore with expect_partial() and compare, or save and restore only the model",
        pattern=pattern(
            r"not bound to checkpointed values",
            r"Nothing except the root object matched",
            r"Unresolved object in checkpoint",
            r"not assigned a value from checkpoint",
            r"Unresolved slot restorations",
            r"Unused attributes in these objects",
            r"Some objects had attributes which were not restored",
        ),
    ),
    Rule(
        cause="HDF5 cannot read the file",
        class_="dependency",
        remedy="compare the h5py versions of both sides, and whether the file is HDF5 at all",
        pattern=pattern(r"file signature not found", r"Unable to (?:synchronously )?open (?:file|object)", r"h5py"),
        formats=HDF5,
    ),
)

WITHOUT_MESSAGE = (
    Rule(
        cause="the restore matched nothing or not everything, and raised nothing",
        class_="layout-changed",
        remedy="call assert_consumed(), and restore in the version that wrote the checkpoint",
        reasons=(Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER),
        formats=CHECKPOINTS,
    ),
    Rule(
        cause="loading by name found no layer of that name and skipped it",
        class_="layout-changed",
        remedy="give the layers explicit names on both sides",
        reasons=(Reason.WEIGHTS_DIFFER, Reason.OUTPUTS_DIFFER),
        loaders=("load-weights-by-name",),
    ),
    Rule(cause="the load left weights as they were initialised", class_="layout-changed", reasons=(Reason.WEIGHTS_DIFFER,)),
    Rule(
        cause="the weights are right and the outputs are not: a default or an activation changed its meaning",
        class_="numerics",
        remedy="write the layer's defaults out in the producer",
        reasons=(Reason.OUTPUTS_DIFFER,),
    ),
    Rule(
        cause="the optimizer starts afresh: its state was not saved or not restored",
        class_="optimizer-state",
        remedy="carry the optimizer with tf.train.Checkpoint, or accept that training restarts its moments",
        reasons=(Reason.OPTIMIZER_LOST,),
    ),
    Rule(
        cause="the optimizer came back changed",
        class_="optimizer-state",
        remedy="set the hyperparameters anew after loading",
        reasons=(Reason.OPTIMIZER_DIFFERS, Reason.TRAIN_STEP_DIFFERS),
    ),
    Rule(
        cause="the model has to be compiled anew", class_="optimizer-state", remedy="compile after loading", reasons=(Reason.COMPILE_LOST,)
    ),
    Rule(
        cause="the load skipped values and only warned",
        class_="layout-changed",
        remedy="read the warnings of the cell: they name what was skipped",
        reasons=(Reason.PARTIAL_RESTORE,),
    ),
    Rule(
        cause="the save wrote nothing, or not all, and raised nothing",
        class_="layout-changed",
        remedy="look at the files after saving; use another format",
        reasons=(Reason.SAVE_WROTE_NOTHING, Reason.ARTIFACT_INCOMPLETE),
    ),
)
