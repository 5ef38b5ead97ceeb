"""Files written so that a reader sees all of one or none of it."""

import hashlib
import json
import os
import shutil
from typing import Any, Dict, List

MANIFEST = "manifest.json"
MODEL = "model"


def write_json(path: str, value: Any) -> None:
    """Write JSON under a temporary name and rename it into place.

    Not forced to the disk: a result is read at once and never again, an artifact is compared with its hashes before it is used.
    """
    part = path + ".part"
    with open(part, "w", encoding="utf-8") as stream:
        json.dump(value, stream, default=_plain)
    os.replace(part, path)


def read_json(path: str) -> Any:
    """Read one JSON file."""
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)


def _plain(value: Any) -> Any:
    """Turn a NumPy scalar or anything else unknown to JSON into something that is known."""
    item = getattr(value, "item", None)
    if callable(item):
        try:
            return item()
        except (TypeError, ValueError):
            pass
    return str(value)


def resolve_links(directory: str) -> None:
    """Put what symbolic links below `directory` point to in their place: an artifact goes elsewhere. One that points nowhere goes."""
    for folder, folders, names in os.walk(directory):
        for path in [os.path.join(folder, name) for name in folders + names]:
            if os.path.islink(path):
                source = os.path.realpath(path)
                os.unlink(path)
                if os.path.isdir(source):
                    shutil.copytree(source, path)
                elif os.path.exists(source):
                    shutil.copyfile(source, path)


def listing(directory: str) -> List[Dict[str, Any]]:
    """List every file below `directory` in order: path, bytes, sha256."""
    found = []
    for folder, folders, names in os.walk(directory):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            digest = hashlib.sha256()
            with open(path, "rb") as stream:
                for block in iter(lambda: stream.read(1 << 20), b""):
                    digest.update(block)
            found.append({"path": os.path.relpath(path, directory), "bytes": os.path.getsize(path), "sha256": digest.hexdigest()})
    return found


def write_manifest(request: Dict[str, Any], optimizer: bool) -> None:
    """Write the manifest of a save's artifact: what it holds now, and whether it carries the state of an optimizer."""
    manifest = {
        "schema": 1,
        "id": request["id"],
        "format": request["format"],
        "optimizer_in_artifact": optimizer,
        "files": listing(request["artifact"]),
    }
    write_json(os.path.join(request["artifact"], MANIFEST), manifest)


def size_of(paths: List[str]) -> int:
    """Return the bytes of all files below the given files and directories; what vanishes meanwhile counts nothing."""
    total = 0
    for path in paths:
        if os.path.isfile(path):
            total += _size(path)
        for folder, _, names in os.walk(path):
            for name in names:
                total += _size(os.path.join(folder, name))
    return total


def _size(path: str) -> int:
    try:
        status = os.lstat(path)
    except OSError:
        return 0
    # Blocks, not length: a sparse file fills no disk.
    return min(status.st_size, status.st_blocks * 512) if status.st_size else 0


def tail(path: str, characters: int = 4000) -> str:
    """Return the end of a text file; bytes that are no UTF-8 are shown as escapes."""
    try:
        with open(path, "rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 4 * characters))
            return stream.read().decode("utf-8", "backslashreplace")[-characters:]
    except OSError:
        return ""
