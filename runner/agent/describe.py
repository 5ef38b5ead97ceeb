"""What this environment is and can do: versions, packages, capabilities. Imports TensorFlow and runs no operation."""

import gc
import importlib
import importlib.util
import inspect
import os
import platform
import sys
from typing import Any, Callable, Dict, List, Union

Capability = Union[bool, str]


def describe() -> Dict[str, Any]:
    """Import TensorFlow as the children need it and return the facts of the `ready` event."""
    # Before the import, which may put what setuptools brings along on the path.
    packages = installed()
    tf = import_tensorflow()
    name = next((name for name in ("tensorflow-cpu", "tensorflow", "tf-nightly", "tf-nightly-cpu") if name in packages), None)
    return {
        "python": platform.python_version(),
        "tensorflow": {
            "distribution": name,
            "version": packages.get(name) if name else None,
            "module_version": str(getattr(tf, "__version__", "")),
        },
        "packages": packages,
        "capabilities": capabilities(tf),
        "cpu": {"machine": platform.machine(), "features": cpu_features(), "cores": os.cpu_count()},
        "system": platform.platform(),
        "executable": sys.executable,
    }


def import_tensorflow() -> Any:
    """Import TensorFlow, switch 1.x to eager execution, and touch what loads lazily, so that every fork has it."""
    import numpy
    import tensorflow as tf

    if str(tf.__version__).startswith("1."):
        tf.compat.v1.enable_v2_behavior()
    for module, parts in ((tf.keras, ("layers", "models", "optimizers", "losses")), (numpy, ("random",))):
        for part in parts:
            getattr(module, part)
    try:
        importlib.import_module("h5py")
    except ImportError:
        pass
    for part in ("agent.loading", "agent.saving"):
        importlib.import_module(part)
    # What is frozen no collector looks at: no cell walks through all that TensorFlow is, and no child copies its pages for that.
    gc.collect()
    getattr(gc, "freeze", gc.collect)()
    return tf


def installed() -> Dict[str, str]:
    """Return name -> version of every installed distribution, names normalised."""
    try:
        from importlib import metadata
    except ImportError:
        import pkg_resources

        pairs = [(item.project_name, item.version) for item in pkg_resources.working_set]
    else:
        pairs = [(item.metadata["Name"], item.version) for item in metadata.distributions()]
    return {str(name).lower().replace("_", "-"): str(version) for name, version in sorted(pairs, key=str) if name}


def cpu_features() -> List[str]:
    """Return the instruction sets that TensorFlow's kernels choose by."""
    wanted = {"sse4_1", "sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"}
    try:
        with open("/proc/cpuinfo") as stream:
            flags = next((line for line in stream if line.startswith("flags")), "")
    except OSError:
        flags = ""
    return sorted(wanted & set(flags.split()))


def capabilities(tf: Any) -> Dict[str, Dict[str, Capability]]:
    """Return for each format and loader True, or the reason why this TensorFlow has it not. Looks at the API only."""
    model = tf.keras.Model
    load_model = getattr(tf.keras.models, "load_model", None)
    v1 = getattr(getattr(tf, "compat", None), "v1", None)
    checkpoint = has(getattr(tf, "train", None), "Checkpoint", "tf.train.Checkpoint")
    saved_model = has(getattr(tf, "saved_model", None), "save", "tf.saved_model.save")
    save_weights = getattr(model, "save_weights", None)
    load_weights = has(model, "load_weights", "Model.load_weights")
    load = True if load_model else "there is no tf.keras.models.load_model"  # type: Capability
    return {
        "formats": {
            "saved-model": saved_model,
            "keras-dir": takes(model.save, "save_format", "Model.save writes no SavedModel directory: it has no save_format"),
            "export": has(model, "export", "Model.export"),
            "h5": has(model, "save", "Model.save"),
            # The v3 format came with safe loading: where load_model knows no safe_mode, .keras means something else.
            "keras-v3": takes(load_model, "safe_mode", "this Keras has no .keras (v3) format: load_model knows no safe_mode"),
            "weights-h5": has(model, "save_weights", "Model.save_weights"),
            "json-weights": has(model, "to_json", "Model.to_json"),
            "own": True,
            "weights-tf": takes(save_weights, "save_format", "Model.save_weights writes no checkpoint: it has no save_format"),
            "checkpoint": checkpoint,
        },
        "loaders": {
            "load-model": load,
            "load-model-nocompile": takes(load_model, "compile", "load_model has no compile argument") if load is True else load,
            "load-model-unsafe": takes(load_model, "safe_mode", "load_model knows no safe_mode"),
            "legacy-load-model": _legacy_keras(tf),
            "model-from-json": has(tf.keras.models, "model_from_json", "tf.keras.models.model_from_json"),
            "own": True,
            "serving": has(getattr(v1, "saved_model", None), "load", "tf.compat.v1.saved_model.load"),
            "saved-model-load": has(getattr(tf, "saved_model", None), "load", "tf.saved_model.load"),
            "tfsm-layer": has(tf.keras.layers, "TFSMLayer", "keras.layers.TFSMLayer"),
            "load-weights": load_weights,
            "load-weights-by-name": takes(getattr(model, "load_weights", None), "by_name", "Model.load_weights takes no by_name"),
            "load-weights-skip-mismatch": takes(
                getattr(model, "load_weights", None), "skip_mismatch", "load_weights knows no skip_mismatch"
            ),
            "checkpoint-restore": checkpoint,
            "checkpoint-restore-asserted": checkpoint,
        },
    }


def lacking(facts: Dict[str, Dict[str, Capability]], request: Dict[str, Any]) -> Any:
    """Return what the request asks for and the environment has not, as the result contract has it, or None."""
    kind, name = ("formats", request["format"]) if request["stage"] == "save" else ("loaders", request["loader"])
    capability = facts[kind].get(name, "the agent knows no %s" % name)
    return None if capability is True else {"reason": kind[:-1] + "-unsupported", "why": str(capability)}


def has(owner: Any, name: str, shown: str) -> Capability:
    """Return True, or that there is no such thing."""
    return True if getattr(owner, name, None) is not None else "there is no %s" % shown


def takes(function: Union[Callable[..., Any], None], parameter: str, otherwise: str) -> Capability:
    """Return True when the function names the parameter or takes any keyword on to a function that does."""
    if function is None:
        return otherwise
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return otherwise
    if parameter in parameters:
        return True
    # Keras 3 hands by_name and skip_mismatch on through **kwargs; its save_format is refused there, so only the body can tell.
    passed_on = any(item.kind is inspect.Parameter.VAR_KEYWORD for item in parameters.values())
    return True if passed_on and parameter in ("by_name", "skip_mismatch") else otherwise


def _legacy_keras(tf: Any) -> Capability:
    if tf.keras.Model.__module__.startswith("tf_keras"):
        return "tf.keras is tf-keras here"
    return True if importlib.util.find_spec("tf_keras") else "tf-keras is not installed"
