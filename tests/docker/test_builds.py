"""Images on a real engine: what they hold, what is not in them, and what is said when one cannot be built."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.engines.docker import daemon, images
from runner.errors import EngineFault
from runner.locks import read_lock
from runner.model import ImageSettings, Reason
from tests.docker.engines import ENVIRONMENT, SMALL, engine, wheel, write_lock

pytestmark = pytest.mark.docker

INDEX = """
import base64, http.server, sys
class Index(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        right = "Basic " + base64.b64encode(b"anna-of-tests:s3cr3t/p4ss").decode()
        if self.headers.get("Authorization") != right:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
        elif self.path == "/simple/tiny/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b'<a href="/tiny-0.1-py3-none-any.whl">tiny-0.1-py3-none-any.whl</a>')
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(open("/wheel", "rb").read())
server = http.server.HTTPServer(("0.0.0.0", 80), Index)
print("ready", flush=True)
server.serve_forever()
"""


@pytest.fixture
def client() -> Iterator[Any]:
    with contextlib.closing(daemon.connect()) as made:
        yield made


def small(locks: Path, settings: ImageSettings | None = None) -> images.Recipe:
    return images.recipe(SMALL, read_lock(SMALL, locks), settings or ImageSettings())


def refused(client: Any, recipe: images.Recipe, settings: ImageSettings | None = None) -> EngineFault:
    with pytest.raises(EngineFault) as caught:
        images.build(client, recipe, settings or ImageSettings())
    assert images.find(client, recipe) is None
    return caught.value


@contextlib.contextmanager
def private_index(client: Any) -> Iterator[str]:
    """Run an index that wants a password, and give its host."""
    container = client.containers.create("python:3.11-slim-bookworm", ["python3", "-c", INDEX])
    try:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            member = tarfile.TarInfo("wheel")
            member.size = len(wheel())
            tar.addfile(member, io.BytesIO(wheel()))
        container.put_archive("/", stream.getvalue())
        container.start()
        assert any(b"ready" in line for line in container.logs(stream=True, follow=True))
        container.reload()
        yield container.attrs["NetworkSettings"]["IPAddress"]
    finally:
        container.remove(force=True)


def test_an_image_holds_its_environment_and_no_tools(tmp_path: Path, client: Any) -> None:
    with contextlib.closing(engine(tmp_path)) as real:
        recipe = real.recipe(ENVIRONMENT)
        built = real.image(recipe)
        again = real.prepare(ENVIRONMENT)
    image = client.images.get(built.tag)
    assert built.tag == f"tfmatrix:{recipe.fingerprint}" == f"tfmatrix:{real.fingerprint(ENVIRONMENT)}"
    assert again.reused and again.facts["image"]["id"] == image.id
    assert again.facts["image"]["base_digest"].startswith("sha256:")
    assert image.labels["tfmatrix.fingerprint"] == recipe.fingerprint
    assert image.labels["org.opencontainers.image.base.name"] == "python:3.11-slim-bookworm"
    assert image.attrs["Config"]["User"] == "10001:10001"
    look = "which gcc cc make uv; ls -d /build /root/.cache /tmp/* /var/cache/uv 2>/dev/null; find /opt/env -name '*.pyc' | wc -l"
    seen = client.containers.run(image.id, ["-c", look], entrypoint="/bin/sh", remove=True).decode().split()
    assert len(seen) == 1 and int(seen[0]) > 1000, "bytecode is compiled, and nothing that built it is left"


def test_credentials_reach_the_build_and_stay_nowhere(tmp_path: Path, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lock(tmp_path)
    recipe = small(tmp_path)
    with private_index(client) as host:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://anna-of-tests:s3cr3t%2Fp4ss@{host}/simple")
        built = images.build(client, recipe, ImageSettings())
    try:
        said = client.containers.run(built.id, ["-c", "import tiny; print(tiny.__file__)"], entrypoint="/opt/env/bin/python", remove=True)
        assert b"/opt/env/" in said
        everything = json.dumps([client.api.inspect_image(built.id), client.api.history(built.id)]) + built.log
        saved = subprocess.run(["docker", "save", built.tag], capture_output=True, check=True).stdout
        for word in ("s3cr3t", "anna-of-tests"):
            assert word not in everything
            assert word.encode() not in saved
        assert not client.containers.list(all=True, filters={"label": "tfmatrix.secrets"})
        assert not client.images.list(filters={"label": f"{images.STAGE}={recipe.fingerprint}", "dangling": True})
    finally:
        client.images.remove(built.tag, force=True)


def test_wrong_credentials_fail_the_install_and_are_not_told(tmp_path: Path, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lock(tmp_path)
    with private_index(client) as host:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://anna-of-tests:wr0ng@{host}/simple")
        fault = refused(client, small(tmp_path))
    assert fault.reason is Reason.INSTALL_FAILED
    assert "wr0ng" not in fault.message + fault.log


def test_a_wrong_hash_is_refused_with_the_log(tmp_path: Path, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lock(tmp_path, sha256="0" * 64)
    with private_index(client) as host:
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://anna-of-tests:s3cr3t%2Fp4ss@{host}/simple")
        fault = refused(client, small(tmp_path))
    assert fault.reason is Reason.INSTALL_FAILED
    assert "hash" in fault.message.lower() + fault.log.lower()


def test_a_base_image_that_nobody_has_is_named(tmp_path: Path, client: Any) -> None:
    write_lock(tmp_path)
    settings = ImageSettings(base="127.0.0.1:1/nobody/python:{python}")
    fault = refused(client, small(tmp_path, settings), settings)
    assert fault.reason is Reason.BASE_IMAGE_MISSING
    assert "127.0.0.1:1/nobody/python:3.11" in fault.message and "matrix.yaml" in fault.message
    assert images.obtainable(client, small(tmp_path, settings)) is not None
    assert images.obtainable(client, small(tmp_path)) is None


def test_a_base_image_without_python_cannot_be_built_on(tmp_path: Path, client: Any) -> None:
    write_lock(tmp_path)
    client.images.build(fileobj=io.BytesIO(b"FROM scratch\nLABEL tfmatrix.test=1\n"), tag="tfmatrix-test:no-python", rm=True)
    try:
        settings = ImageSettings(bases=(("3.11", "tfmatrix-test:no-python"),))
        fault = refused(client, small(tmp_path, settings), settings)
    finally:
        client.images.remove("tfmatrix-test:no-python", force=True)
    assert fault.reason is Reason.IMAGE_BUILD_FAILED
    assert "python3" in fault.message + fault.log


def test_images_stay_within_their_budget(tmp_path: Path) -> None:
    write_lock(tmp_path)
    with contextlib.closing(engine(tmp_path / "cache", locks=tmp_path, settings=ImageSettings(disk_gb=0.5))) as real:
        with pytest.raises(EngineFault) as caught:
            real.prepare(SMALL)
        assert images.find(real.client, real.recipe(SMALL)) is None
    assert caught.value.reason is Reason.DISK_BUDGET
    assert "--prune" in caught.value.message
