"""How each format is written, what a whole artifact of it has, and which arrays lie in it."""

import inspect as inspection
import io
import os
import zipfile
from typing import Any, Dict, List, Tuple

from agent.report import Report

# File names are API: they select different code by version. One name a format, the same everywhere.
PATHS = {
    "saved-model": "saved_model",
    "keras-dir": "keras_model",
    "export": "exported",
    "h5": "model.h5",
    "keras-v3": "model.keras",
    "weights-h5": "model.weights.h5",
    "weights-tf": "weights",
    # Its JSON lies beside it.
    "json-weights": "model.weights.h5",
    "checkpoint": "ckpt-1",
    # An extension is the fixture's to add.
    "own": "model",
}
DIRECTORIES = ("saved-model", "keras-dir", "export")
PREFIXES = ("weights-tf", "checkpoint")
# What holds the configs of layers, of the user's own ones too; `own` may.
WITH_CONFIGS = ("keras-dir", "h5", "keras-v3", "json-weights", "own")
# Where each layer writes its weights itself, or in a way of its own. For `json-weights` and `weights-h5` since 2.12.
BY_LAYERS = ("keras-v3", "weights-h5", "json-weights")


def save(format: str, tf: Any, model: Any, optimizer: Any, directory: str, report: Report) -> None:
    """Write the model below `directory` as people write it."""
    path = os.path.join(directory, PATHS[format])
    if format == "saved-model":
        tf.saved_model.save(model, path)
    elif format == "keras-dir":
        model.save(path, save_format="tf")
    elif format == "export":
        model.export(path)
    elif format == "h5":
        model.save(path)
    elif format == "keras-v3":
        model.save(path)
        if not _is_v3(path) and "save_format" in inspection.signature(model.save).parameters:
            # Where .keras alone still means the older format, the v3 format must be asked for by name.
            report.note(save_format="keras_v3, since the name alone wrote something else")
            _remove(path)
            model.save(path, save_format="keras_v3")
    elif format == "weights-h5":
        model.save_weights(path)
    elif format == "weights-tf":
        model.save_weights(path, save_format="tf")
    elif format == "json-weights":
        with open(json_of(path), "w", encoding="utf-8") as stream:
            stream.write(model.to_json())
        model.save_weights(path)
    elif format == "checkpoint":
        # save counts its calls and appends the number to the prefix.
        checkpoint(tf, model, optimizer).save(os.path.join(directory, "ckpt"))
    else:
        raise ValueError("unknown format %r" % format)


def json_of(path: str) -> str:
    """Return where the JSON of a model lies, by the path of its weights."""
    return os.path.join(os.path.dirname(path), "model.json")


def checkpoint(tf: Any, model: Any, optimizer: Any) -> Any:
    """Return the checkpoint object people write: of model and optimizer, or of the model alone."""
    if optimizer is None:
        return tf.train.Checkpoint(model=model)
    return tf.train.Checkpoint(model=model, optimizer=optimizer)


def _is_v3(path: str) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"config.json", "metadata.json"} <= set(archive.namelist())


def _remove(path: str) -> None:
    import shutil

    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


def inspect(format: str, tf: Any, directory: str, expected: Dict[str, Any]) -> Tuple[str, str]:
    """Return (finding, why): `save-wrote-nothing`, `artifact-incomplete` or an empty string, and what was seen.

    An artifact is whole when its files are there and readable to their ends, and every weight of the model is among its arrays.
    """
    path = os.path.join(directory, PATHS[format])
    written = [os.path.join(folder, name) for folder, _, names in os.walk(directory) for name in names]
    if not any(os.path.getsize(name) for name in written):
        return "save-wrote-nothing", "no file, or empty files only"
    if format == "own":
        # What is whole only the fixture knows.
        return "", ""
    lost = missing(format, path)
    if lost:
        return "artifact-incomplete", lost
    try:
        arrays = [value for _, value in _arrays(format, tf, path)]
    except Exception as error:
        return "artifact-incomplete", "it cannot be read to its end: %s: %s" % (type(error).__name__, str(error)[:500])
    absent = [
        "%s %s" % (meta["path"], meta["shape"])
        for meta, value, otherwise in zip(expected["meta"], expected["weights"], expected["written_otherwise"])
        if not (otherwise and format in BY_LAYERS) and not any(_equal(value, other) for other in arrays)
    ]
    if absent:
        return "artifact-incomplete", "weights of the model that are not among its %d arrays: %s" % (len(arrays), ", ".join(absent[:8]))
    return "", ""


def _equal(value: Any, other: Any) -> bool:
    # Some formats write scalars as arrays of one; a type without a home in the file is compared by size only.
    if value.size != other.size:
        return False
    return value.dtype != other.dtype or value.tobytes() == other.tobytes()


def missing(format: str, path: str) -> str:
    """Say which file of a whole artifact is missing, or nothing."""
    if format in DIRECTORIES:
        return (
            _missing_shards(os.path.join(path, "variables", "variables"))
            if os.path.isfile(os.path.join(path, "saved_model.pb"))
            else "saved_model.pb is missing"
        )
    if format in PREFIXES:
        return _missing_shards(path)
    for name in [path] + ([json_of(path)] if format == "json-weights" else []):
        if not os.path.isfile(name):
            return "%s is missing" % os.path.basename(name)
    if format == "keras-v3":
        if not zipfile.is_zipfile(path):
            return "it is no zip archive"
        with zipfile.ZipFile(path) as archive:
            broken = archive.testzip()
            if broken:
                return "%s in the archive is damaged" % broken
            absent = {"config.json", "metadata.json", "model.weights.h5"} - set(archive.namelist())
            return "the archive has no %s" % ", ".join(sorted(absent)) if absent else ""
    return ""


def _missing_shards(prefix: str) -> str:
    if not os.path.isfile(prefix + ".index"):
        return "%s.index is missing" % os.path.basename(prefix)
    folder, name = os.path.split(prefix)
    shards = [entry for entry in os.listdir(folder) if entry.startswith(name + ".data-")]
    if not shards:
        return "%s has an index and no data" % name
    wanted = int(shards[0].rsplit("-of-", 1)[1])
    return "" if len(shards) == wanted else "%d of %d data shards" % (len(shards), wanted)


def contents(format: str, tf: Any, directory: str) -> Dict[str, Any]:
    """Return how many arrays lie in the artifact and whether an optimizer's are among them."""
    path = os.path.join(directory, PATHS[format])
    try:
        names = [name.lower() for name, value in _arrays(format, tf, path) if value.size > 0]
    except Exception:
        return {"count": 0, "optimizer": False}
    slots = [name for name in names if "optimizer" in name and not name.endswith(("learning_rate", "iter", "iteration", "decay"))]
    return {"count": len(names), "optimizer": bool(slots)}


def _arrays(format: str, tf: Any, path: str) -> List[Tuple[str, Any]]:
    """Read every array of the artifact with its name; reading them is also the proof that they can be read."""
    if format in DIRECTORIES or format in PREFIXES:
        prefix = os.path.join(path, "variables", "variables") if format in DIRECTORIES else path
        reader = tf.train.load_checkpoint(prefix)
        import numpy

        return [
            (name, numpy.asarray(reader.get_tensor(name)))
            for name in sorted(reader.get_variable_to_shape_map())
            if not name.startswith(("_CHECKPOINTABLE_OBJECT_GRAPH", "save_counter"))
        ]
    if format == "keras-v3":
        with zipfile.ZipFile(path) as archive:
            return _hdf5(io.BytesIO(archive.read("model.weights.h5")))
    return _hdf5(path)


def _hdf5(source: Any) -> List[Tuple[str, Any]]:
    import h5py
    import numpy

    found = []  # type: List[Tuple[str, Any]]

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found.append((name, numpy.asarray(item[()])))

    with h5py.File(source, "r") as file:
        file.visititems(visit)
    return found
