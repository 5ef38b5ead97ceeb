"""Real servers on this machine for tests: a package index with tiny wheels, and a webhook that remembers what it was told."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PYTHONS = ("311", "312", "313")


def wheel(name: str, version: str, python: str) -> tuple[str, bytes]:
    """Return file name and bytes of a wheel that has nothing in it, for Linux on x86-64."""
    tag = f"cp{python}-cp{python}-manylinux_2_17_x86_64"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    files = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nRequires-Python: >=3.9\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\nTag: {tag}\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in (*files, f"{info}/RECORD"))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return f"{name.replace('-', '_')}-{version}-{tag}.whl", packed.getvalue()


@dataclass
class Server:
    """A server at work: its address, what it serves by path, what was posted to it, and the status that it answers posts with."""

    address: str
    served: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    posted: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200

    def offer(self, name: str, *versions: str, pythons: tuple[str, ...] = PYTHONS) -> None:
        """Serve a package in these versions and no others, by the simple API."""
        files = [wheel(name, version, python) for version in versions for python in pythons]
        listed = []
        for file, data in files:
            self.served[f"/files/{file}"] = ("application/octet-stream", data)
            listed.append({"filename": file, "url": f"{self.address}/files/{file}", "hashes": {"sha256": hashlib.sha256(data).hexdigest()}})
        page = {"meta": {"api-version": "1.1"}, "name": name, "versions": list(versions), "files": listed}
        self.served[f"/simple/{name}/"] = ("application/vnd.pypi.simple.v1+json", json.dumps(page).encode())


@contextmanager
def serving() -> Iterator[Server]:
    """Serve on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = found.served.get(self.path, ("text/plain", b""))
            self.send_response(200 if self.path in found.served else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data)

        do_HEAD = do_GET  # noqa: N815  # the name that the library calls

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posted.append({"path": self.path, "type": self.headers["Content-Type"], **json.loads(body)})
            self.send_response(found.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:
            """Keep the tests' output to themselves."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Server(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
