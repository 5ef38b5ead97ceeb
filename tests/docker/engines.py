"""What the tests of the docker tier share: engines, a small environment without TensorFlow, and a look at what is there."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import docker

from runner.engines.docker.engine import SESSION, DockerEngine
from runner.locks import lock_path, parse_lock
from runner.model import Environment, ImageSettings, Limits
from runner.spec import load_matrix
from tests.integration.runs import ROOT

STANDIN = Path(__file__).parent / "standin_agent.py"
LOCKS = ROOT / "images" / "locks"
ENVIRONMENT = load_matrix(ROOT / "matrix.yaml").environment("tf2.21-py311")
SMALL = Environment(id="small-py311", tensorflow="0.1", package="tiny", python="3.11", as_of="today")


def engine(cache: Path, **options: object) -> DockerEngine:
    """Return an engine with the shipped locks, unless `options` say otherwise."""
    given = {"locks": LOCKS, "settings": ImageSettings(), "limits": Limits(memory_mb=1000, disk_mb=20), **options}
    return DockerEngine(cache=cache, **given)  # type: ignore[arg-type]


def wheel(name: str = "tiny", version: str = "0.1") -> bytes:
    """Return a wheel with one empty module."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return stream.getvalue()


def write_lock(directory: Path, *, sha256: str | None = None) -> Path:
    """Write the lock of SMALL: one tiny wheel."""
    digest = sha256 or hashlib.sha256(wheel()).hexdigest()
    path = lock_path(SMALL, directory)
    asked = {"requirements": "tiny==0.1", "python": "3.11", "as-of": "today"}
    header = "".join(f"# {key}: {value}\n" for key, value in asked.items())
    path.write_text(f"# lock\n{header}tiny==0.1 \\\n    --hash=sha256:{digest}\n")
    assert parse_lock(path, path.read_text()).pins == {"tiny": "0.1"}
    return path


def left(client: docker.DockerClient, session: str | None = None) -> list[str]:
    """Return the names of containers and volumes of sessions, or of one."""
    label: dict[str, Any] = {"label": SESSION if session is None else f"{SESSION}={session}"}
    found: list[Any] = [*client.containers.list(all=True, filters=label, ignore_removed=True), *client.volumes.list(filters=label)]
    return [str(one.name) for one in found]


def request(place: Path, id_: str, stage: str = "load") -> dict[str, str]:
    """Write a request for the stand-in agent and return what `ask` takes."""
    place.mkdir(parents=True, exist_ok=True)
    (place / "artifact").mkdir(exist_ok=True)
    (place / "artifact" / "file").write_text("content")
    (place / "fixture.py").write_text("")
    told = {
        "id": id_,
        "stage": stage,
        "fixture": {"file": str(place / "fixture.py")},
        "artifact": str(place / "artifact"),
        "scratch": str(place / "work"),
        "result": str(place / "result.json"),
        "log": str(place / "log.txt"),
    }
    (place / "request.json").write_text(json.dumps(told))
    return {"request": str(place / "request.json")}
