"""What one cell leaves in its process, and how the process is made as it was before the next one.

A child runs a second cell only after a load of the same fixture that passed, and only if nothing of that load is left. Some of
what is left is put back here: Keras's names and counters, its registries of classes, the fixture's module, variables of the
environment. Where something else differs from before, or an object of the model still lives, the child ends: a second cell must
not find what it would not have found in a child of its own.

Looked at and left alone, since it decides nothing:
- What TensorFlow, Keras and absl print only once a process: deprecations (`_PRINTED_WARNING`), `log_first_n`. None of it speaks of
  a partial restore, and had it done so before, the cell before would not have been clean. Python's own once-a-line registries
  start anew, since every change of the filters invalidates them (`Report.capture`).
- Caches of kernels and of functions: a loaded function gets a name of its own at every load.
- Modules that the cell imported stay imported; what they registered is taken out again, as a class that is found only because
  an earlier cell built the model would make a wrong pass.
"""

import gc
import logging
import os
import sys
import tempfile
import threading
import warnings
from typing import Any, Dict, List, Optional, Tuple

from agent import fixture
from agent.report import LOGGERS

KEEPERS = (".generic_utils", ".object_registration", ".serialization_lib", "saved_model.registration.registration")
REGISTRIES = ("_GLOBAL_CUSTOM_OBJECTS", "_GLOBAL_CUSTOM_NAMES", "GLOBAL_CUSTOM_OBJECTS", "GLOBAL_CUSTOM_NAMES")


class Before:
    """The process as it was before the first cell of a child."""

    def __init__(self) -> None:
        self._remembered = False
        self._registries = []  # type: List[Tuple[Dict[Any, Any], Dict[Any, Any]]]

    def remember(self) -> None:
        """Look at the process, after what the fixture needs was imported and before the fixture is; a second call does nothing."""
        if self._remembered:
            return
        self._remembered = True
        self._tf = sys.modules["tensorflow"]
        self._environ = dict(os.environ)
        self._path = list(sys.path)
        try:
            self._settings = settings(self._tf)
            self._living = {id(item) for item in living(self._tf)}
            self._registries = [(found, dict(found)) for found in registries(self._tf)]
        except Exception as error:
            # A TensorFlow that cannot be looked at this way runs one cell a child; that is no fault of the cell.
            print("this child will not be shared: %r" % error, flush=True)

    def restore(self, request: Dict[str, Any]) -> bool:
        """Make the process as it was. Returns False when it cannot be, or when something of the cell is left in it."""
        if not self._registries:
            # A Keras whose registry is not found keeps it somewhere else: what is in it could not be taken out.
            return False
        self._tf.keras.backend.clear_session()
        for registry, entries in self._registries:
            registry.clear()
            registry.update(entries)
        sys.modules.pop(fixture.module_name(request), None)
        os.environ.clear()
        os.environ.update(self._environ)
        sys.path[:] = self._path
        tempfile.tempdir = None
        # The models are circles of objects. With them goes what they hold in TensorFlow's runtime, such as tables, which a later
        # load would find by name.
        gc.collect()
        left = [item for item in living(self._tf) if id(item) not in self._living]
        # What is alive now, modules mostly, stays: nobody needs to walk through it again.
        getattr(gc, "freeze", gc.collect)()
        return not left and settings(self._tf) == self._settings


def registries(tf: Any) -> List[Dict[Any, Any]]:
    """Return the dicts in which every Keras of this process finds classes by name; nothing if that of tf.keras is not among them."""
    found = {}  # type: Dict[int, Dict[Any, Any]]
    for space in _spaces():
        found.update({id(space[name]): space[name] for name in REGISTRIES if name in space})
    try:
        own = tf.keras.utils.get_custom_objects()
    except AttributeError:
        return []
    return list(found.values()) if id(own) in found else []


def settings(tf: Any) -> List[Any]:
    """Return what else decides how a model is loaded and what is heard of it; nothing here runs an operation."""
    backend, config = tf.keras.backend, getattr(tf, "config", None)
    mixed = getattr(tf.keras, "mixed_precision", None)
    functions = [getattr(backend, name, None) for name in ("floatx", "epsilon", "image_data_format")]
    functions += [
        getattr(mixed, "global_policy", None) or getattr(getattr(mixed, "experimental", None), "global_policy", None),
        getattr(getattr(tf.keras, "config", None), "dtype_policy", None),
        getattr(config, "functions_run_eagerly", None) or getattr(config, "experimental_functions_run_eagerly", None),
        getattr(tf, "executing_eagerly", None),
    ]
    spaces = _spaces()
    loggers = [logging.getLogger(name) for name in LOGGERS]
    return [
        [_told(function) for function in functions + [space.get("in_safe_mode") for space in spaces]],
        # Where TensorFlow's own loader finds what was registered with it.
        [list(getattr(space.get(name), "_registered_names", ())) for space in spaces for name in ("_class_registry", "_saver_registry")],
        [(logger.level, logger.disabled, logger.propagate, len(logger.filters)) for logger in loggers],
        logging.root.manager.disable,
        (id(sys.stdout), id(sys.stderr), id(warnings.warn)),
        threading.active_count(),
    ]


def _told(function: Any) -> Optional[str]:
    if function is None:
        return None
    value = function()
    return str(getattr(value, "name", value))


def _spaces() -> List[Dict[str, Any]]:
    """Return what is in the modules that keep something of this kind. Not by getattr: some modules import others when asked."""
    return [vars(module) for name, module in list(sys.modules.items()) if name.endswith(KEEPERS)]


def living(tf: Any) -> List[Any]:
    """Return the variables, layers and models that are alive, without those from before the fork, which the collector does not see."""
    kinds = _kinds(tf)
    # By type: a class of its own for every proxy would be made up, or imported, by asking the objects themselves.
    return [item for item in gc.get_objects() if issubclass(type(item), kinds)]


def _kinds(tf: Any) -> Tuple[type, ...]:
    owners = (
        (tf, ("Variable", "Module")),
        (getattr(tf.keras, "layers", None), ("Layer",)),
        (tf.keras, ("Model", "Variable")),
        (getattr(tf, "train", None), ("Checkpoint",)),
        (sys.modules.get("tensorflow.python.trackable.resource"), ("TrackableResource",)),
        (sys.modules.get("tensorflow.python.training.tracking.tracking"), ("TrackableResource",)),
    )
    found = [getattr(owner, name, None) for owner, names in owners for name in names]
    return tuple(kind for kind in found if isinstance(kind, type))
