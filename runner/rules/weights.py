"""Values in HDF5 and .keras files that stand elsewhere than they are looked for, and models that are not those of the file."""

from __future__ import annotations

from dataclasses import replace

from runner.model import Stage
from runner.rules.base import THROUGH_H5, Rule, pattern
from runner.rules.keras_2_to_3 import SAME_FILE

NEW_LAYOUT = ("weights-h5", "json-weights")
"""Formats with a file x.weights.h5, which has a layout of its own from 2.12 on."""

STORES = (*NEW_LAYOUT, "keras-v3")
"""Formats whose values Keras keeps by the path of the layer, from 2.12 on."""

MODEL_OF_FILE = ("load-model", "load-model-nocompile", "load-model-unsafe", "model-from-json")
"""Loaders that make the model itself of what was saved: that it is another one is not what is wrong."""

NOT_FOUND = (
    r"Layer '?(\w{1,80})'? expected \d{1,6} variables, but received 0 variables",
    r"object '(vars)' doesn't exist",
    r"A total of \d{1,6} objects could not be loaded\. Example error message for object <(\w{1,60} name=\w{1,60})",
    r"A total of (\d{1,6} objects) could not be loaded",
    r"expected \d{1,6} variables, but received \d{1,6} variables",
    r"Unable to (?:synchronously )?open object",
)
COUNTS = (
    r"weight file containing (\d{1,6} layers into a model with \d{1,6}) layers",
    r"Model expected (\d{1,6} layers, found \d{1,6}) saved layers",
    r"Layer count mismatch",
    r"Weight count mismatch for layer #?\d{0,6} ?\(named (\w{1,80})",
    r"Weight count mismatch",
    r"Layer #\d{1,6} \(named \"(\w{1,80})\"",
)
SHAPES = (
    r"Shape mismatch in layer #?\d{0,6} ?\(named (\w{1,80})",
    r"Shape mismatch in model for top-level weight (\S{1,80})",
    r"Cannot assign value to variable ' ?([^':]{1,120}):?0?'?: ?Shape mismatch",
    r"Cannot assign to variable ([^:\s]{1,120}):?0? due to variable shape",
    r"object <(\w{1,60} name=\w{1,60}).{0,60}The shape of the target variable",
    r"shape of the target variable and the shape of the target value",
    r"incompatible tensor with shape .{1,80} and name ([^:\s]{1,120})",
    r"Layer #\d{1,6} \(named \"(\w{1,80})\"\), weight .{1,2000} has shape",
    r"(Shapes \([\d, ]{1,40}\) and \([\d, ]{1,40}\)) are incompatible",
)

OF_OPTIMIZERS = r"learning_rate|iterations?|loss_scale|\w{1,80}_(?:momentums?|velocity|velocities|m|v)"
"""The last part of the paths of an optimizer's variables."""

ORDER = Rule(
    name="order-in-h5",
    cause="a weight in the .h5 file has another shape than the one in the model. As load_model made the model itself, it is as a rule"
    " the order: .h5 keeps a layer's weights without their names, trainable ones first, and what was frozen inside of a class of the"
    " model's own, or as a single weight of a layer, comes back trainable",
    class_="architecture",
    remedy="let the class freeze its layers itself, in __init__, or thaw them before saving; or save .keras, which goes by names",
    pattern=pattern(*SHAPES),
    formats=("h5",),
    loaders=MODEL_OF_FILE,
    step=(("keras", "same"),),
)

FILES = (
    Rule(
        name="two-of-one-name",
        cause="two weights of one layer, or two variables of the optimizer, have the same name, and HDF5 keeps each under its name",
        class_="custom-code",
        remedy="leave the optimizer out (save(path, include_optimizer=False)) to see whether it is the one; else give each weight and each"
        " inner layer a name of its own; or save in a format without names: .keras, a checkpoint",
        link="https://github.com/tensorflow/tensorflow/issues/41021",
        pattern=pattern(r"Unable to (?:synchronously )?create (?:link|dataset) \(name already exists\)"),
        stages=(Stage.SAVE,),
    ),
    *(
        Rule(
            name=name,
            cause="TensorFlow 2.12 laid out .weights.h5 and .keras otherwise than every later version: a layer finds the values of"
            " another one, of another shape",
            class_="format-changed",
            remedy=THROUGH_H5,
            link="https://github.com/keras-team/tf-keras/issues/664",
            pattern=pattern(*SHAPES),
            formats=STORES,
            loaders=MODEL_OF_FILE,
            producer=producer,
            consumer=consumer,
        )
        for name, producer, consumer in (
            ("shapes-of-2.12", ("keras>=2.12,<2.13",), ("keras>=2.13",)),
            ("shapes-for-2.12", ("keras>=2.13",), ("keras>=2.12,<2.13",)),
        )
    ),
    Rule(
        name="words-not-in-h5",
        cause="the lookup table of a layer has no words: .h5 holds weights and configurations, and what the layer was adapted to is in"
        " neither",
        class_="format-changed",
        remedy="save .keras; or give the layer its words after loading (layer.set_vocabulary)",
        pattern=pattern(r"calling (\w{1,60})\.call.{0,400}Table not initialized", r"Table not initialized"),
        formats=("h5",),
    ),
    Rule(
        name="called-otherwise-in-h5",
        cause="load_model of .h5 in Keras 3 calls a layer of several inputs (MultiHeadAttention, say) in another way than the model was"
        " built with, and the layer refuses it",
        class_="format-changed",
        remedy=f"save .keras; or {SAME_FILE}",
        pattern=pattern(r"^TypeError: (too many positional arguments)"),
        trace=pattern(r"in process_node\b"),
        formats=("h5",),
        consumer=("keras>=3",),
    ),
    ORDER,
    replace(
        ORDER,
        name="bias-for-kernel-in-h5",
        # Whatever the versions: no size of a model makes a row of a table.
        pattern=pattern(r"\(named (\w{1,80})\).{1,120}expects shape \(\d{1,9}, \d{1,9}\)\. Received saved weight with shape \(\d{1,9},\)"),
        step=(),
    ),
    Rule(
        name="own-optimizer-other-order",
        cause="a value that the own load hands to a variable of the optimizer has another shape: the optimizers of Keras 2 and 3, and of"
        " different classes, keep their variables in other orders",
        class_="optimizer-state",
        remedy="carry the optimizer by tf.train.Checkpoint(model=model, optimizer=optimizer), or keep its variables by their names",
        pattern=pattern(rf"shape of the target variable.{{1,200}}path=((?:\w{{1,60}}/)?(?:{OF_OPTIMIZERS}))\b"),
        formats=("own",),
    ),
    Rule(
        name="own-other-shape",
        cause="a weight that the own load hands over has another shape than the one in the model: the sizes are others; or values were kept"
        " under names or in an order that do not tell them apart (in Keras 3 most variables are called kernel or bias, and what is frozen"
        " stands elsewhere in get_weights())",
        class_="architecture",
        remedy="compare names and shapes on both sides; write and read weights in the order of model.weights, with nothing frozen in"
        " between",
        pattern=pattern(*SHAPES),
        formats=("own",),
    ),
    Rule(
        name="other-shape",
        cause="a weight in the file has another shape than the one in the model",
        class_="architecture",
        remedy="build the model with the sizes with which it was saved; the message names the weight and both shapes",
        pattern=pattern(*SHAPES),
    ),
    Rule(
        name="weights-h5-of-old-layout",
        cause="before TensorFlow 2.12 the name x.weights.h5 meant the ordinary HDF5 layout; from 2.12 on a file of that name is taken for"
        " the new layout, in which nothing is found",
        class_="format-changed",
        remedy="rename the file to x.h5: under that name load_weights reads the ordinary layout",
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=NEW_LAYOUT,
        producer=("keras<2.12",),
        consumer=("keras>=2.12",),
    ),
    Rule(
        name="weights-h5-of-new-layout",
        cause="from TensorFlow 2.12 on x.weights.h5 has a layout of its own, of which older versions know nothing",
        class_="format-changed",
        remedy=THROUGH_H5,
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=NEW_LAYOUT,
        producer=("keras>=2.12",),
        consumer=("keras<2.12",),
    ),
    Rule(
        name="layout-of-2.12",
        cause="TensorFlow 2.12 laid out .weights.h5 and .keras otherwise than every later version: neither finds the other's values",
        class_="format-changed",
        remedy=THROUGH_H5,
        link="https://github.com/keras-team/tf-keras/issues/664",
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=STORES,
        producer=("keras>=2.12,<2.13",),
        consumer=("keras>=2.13",),
    ),
    Rule(
        name="layout-for-2.12",
        cause="TensorFlow 2.12 laid out .weights.h5 and .keras otherwise than every later version: neither finds the other's values",
        class_="format-changed",
        remedy=THROUGH_H5,
        link="https://github.com/keras-team/tf-keras/issues/664",
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=STORES,
        producer=("keras>=2.13",),
        consumer=("keras>=2.12,<2.13",),
    ),
    Rule(
        name="layout-of-keras-2-and-3",
        cause="Keras 2 and Keras 3 keep the values of this layer under different paths in .weights.h5 and .keras",
        class_="keras-2-to-3",
        remedy=THROUGH_H5,
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=STORES,
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="layout-of-keras-3-and-2",
        cause="Keras 2 and Keras 3 keep the values of this layer under different paths in .weights.h5 and .keras",
        class_="keras-2-to-3",
        remedy=THROUGH_H5,
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=STORES,
        producer=("keras>=3",),
        consumer=("keras<3",),
    ),
    Rule(
        name="layout-of-other-minor",
        cause="these two versions of Keras keep the values of this layer under different paths in .weights.h5 and .keras",
        class_="format-changed",
        remedy=THROUGH_H5,
        link="https://github.com/keras-team/keras/issues/18830",
        pattern=pattern(*NOT_FOUND, *COUNTS),
        formats=STORES,
        producer=("keras>=2.12",),
        consumer=("keras>=2.12",),
        step=(("keras", "other"),),
    ),
    Rule(
        name="by-name-top-level",
        cause="load_weights(by_name=True) of early Keras 3 counts every weight of the model as one outside of its layers,"
        " and refuses the file",
        class_="keras-2-to-3",
        remedy="load without by_name, or with a newer Keras 3 (3.14 reads it)",
        pattern=pattern(r"Weight count mismatch for top-level weights of model"),
        loaders=("load-weights-by-name", "load-weights-skip-mismatch"),
        consumer=("keras>=3",),
    ),
    Rule(
        name="no-layers-in-file",
        cause="this loader finds no layers in the file: either the model had no weights yet when it was saved, or the file has the layout"
        " that x.weights.h5 has from TensorFlow 2.12 on, and the loader is older",
        class_="misuse",
        remedy="call the model once on data before saving; and write x.h5, which every version reads",
        pattern=pattern(
            r"weight file containing (0 layers into a model with [1-9])", r"Model expected ([1-9]\d{0,5} layers, found 0) saved"
        ),
    ),
    Rule(
        name="no-values-for-layer",
        cause="the file has no values for this layer: the model had no weights yet when it was saved, it was saved without the layer, or"
        " the layer was shared: values are kept once, and the load made a second one of it",
        class_="architecture",
        remedy="call the model once on data before saving, and build it as it was saved when loading; a layer that another one holds is to"
        " be handed to it anew, not made from its config",
        pattern=pattern(r"Layer '?(\w{1,80})'? expected [1-9]\d{0,5} variables, but received 0 variables"),
    ),
    Rule(
        name="variables-not-counted",
        cause="a layer keeps variables that this Keras does not count among its weights: a plain tf.Variable, which Keras 2 counts and"
        " Keras 3 does not",
        class_="keras-2-to-3",
        remedy="make it with self.add_weight(...) in the class, which both count, and save again in the producer",
        pattern=pattern(r"\(named (\w{1,80})\)\. Layer expects 0 weight"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="other-layers",
        cause="the model that the weights are loaded into has other layers than the one that was saved",
        class_="architecture",
        remedy="build the model as it was saved, with the same layers in the same order; to take over only what fits, load an .h5 file with"
        " load_weights(path, by_name=True, skip_mismatch=True)",
        pattern=pattern(*COUNTS, *NOT_FOUND, r"with a weight list of length (\d{1,6}, but the layer was expecting \d{1,6})"),
    ),
    Rule(
        name="not-hdf5",
        cause="HDF5 cannot read the file: it is none, or it is damaged",
        class_="damage",
        remedy="look whether the file is complete, and what really wrote it: `file PATH` tells HDF5 from a zip archive",
        pattern=pattern(r"file signature not found", r"Unable to (?:synchronously )?open (?:file|object)", r"truncated file"),
        formats=("h5", "weights-h5", "keras-v3"),
    ),
)
