"""Files that a user's own save and load write and read: pickles, arrays of NumPy's, what TensorFlow 1 had."""

from __future__ import annotations

from runner.model import Check, Reason
from runner.rules.base import THROUGH_H5, Rule, pattern

OWN_FILES = (
    Rule(
        name="pickle-of-another-keras",
        cause="a pickle names modules of the Keras that wrote it, and this one has no such module",
        class_="misuse",
        remedy=f"pickle no models, layers or optimizers: model.save(path); for another Keras {THROUGH_H5}",
        pattern=pattern(
            r"^(?:ModuleNotFoundError|ImportError): No module named '?((?:tf_)?keras\.[\w.]{1,80}|tensorflow\.python\.keras[\w.]{0,80})"
        ),
        formats=("own",),
        reasons=(Reason.LOAD_RAISED,),
    ),
    Rule(
        name="array-of-no-such-name",
        cause="an archive of NumPy's (.npz) has no array of the name that the load asks for: versions name variables otherwise",
        class_="misuse",
        remedy="write and read weights in the order of model.weights, or under names of your own",
        pattern=pattern(r"(\w{1,60}) is not a file in the archive"),
        formats=("own",),
    ),
    Rule(
        name="saver-of-tensorflow-1",
        cause="tf.compat.v1.train.Saver asks the file for every variable of the program by its name, and one is not there: the versions, or"
        " their optimizers, have other variables",
        class_="format-changed",
        remedy="tf.train.Checkpoint(model=model); or give Saver the weights of the model alone, by names of your own",
        pattern=pattern(
            r"Restoring from checkpoint failed\. This is most likely due to a Variable name.{0,2000}?Key (\S{1,120}) not found"
        ),
        formats=("own",),
    ),
    Rule(
        name="only-trainable-saved",
        cause="the moving statistics alone are not those that were saved: as a rule only trainable weights were saved or loaded, and they"
        " are not trainable",
        class_="misuse",
        remedy="save and load model.weights, not model.trainable_weights",
        reasons=(Reason.WEIGHTS_DIFFER,),
        formats=("own",),
        details={Check.WEIGHTS: pattern(r'"differing": \[((?:"[^"]{0,80}moving_(?:mean|variance)"(?:, )?){1,20})\]')},
    ),
)
