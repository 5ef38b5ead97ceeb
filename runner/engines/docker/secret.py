"""The credentials of a private index, for the time of one build and in nothing that it leaves.

A build argument would stay in the image's history and a copied file in a layer. So a small container offers the variables on
its loopback address, the build runs in that container's network, and what installs asks for them there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import docker

from runner.engines.docker.daemon import faults
from runner.errors import EngineFault
from runner.model import Reason
from runner.uv_command import uv_environ

PORT = 8765
LABEL = "tfmatrix.secrets"
_NAMES = re.compile(r"UV_(?:DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INDEX_\w+_(?:USERNAME|PASSWORD)|INDEX_STRATEGY|HTTP_TIMEOUT)")
_SERVER = f"""
import http.server, os
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["OFFER"].encode())
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", {PORT}), Answer)
print("ready", flush=True)
server.serve_forever()
"""


@dataclass(frozen=True)
class Where:
    """What a build is told of the secrets: build arguments and the network it runs in."""

    arguments: dict[str, str] = field(default_factory=dict)
    network: str | None = None


@dataclass(frozen=True)
class Secrets:
    """uv's variables that say which index to use and as whom."""

    variables: Mapping[str, str]

    @classmethod
    def of_environment(cls, environ: Mapping[str, str] | None = None) -> Secrets:
        """Return those that this process was given; pip's index stands in for uv's."""
        given = uv_environ(os.environ if environ is None else environ)
        return cls({name: value for name, value in given.items() if _NAMES.fullmatch(name)})

    def hidden(self, text: str) -> str:
        """Return a text with everything secret in it replaced."""
        for word in self._words():
            text = text.replace(word, "****")
        return text

    @contextlib.contextmanager
    def offered(self, client: docker.DockerClient, image: str) -> Iterator[Where]:
        """Offer the variables to a build as long as this lasts; without any there is nothing to offer."""
        if not self.variables:
            yield Where()
            return
        with faults("the credentials of the index cannot be offered to the build", Reason.CONTAINER_FAILED):
            container = client.containers.run(
                image,
                ["python3", "-c", _SERVER],
                environment={"OFFER": json.dumps(dict(self.variables))},
                labels={LABEL: "1"},
                detach=True,
            )
        try:
            with faults("the credentials of the index cannot be offered to the build", Reason.CONTAINER_FAILED):
                if not any(b"ready" in line for line in container.logs(stream=True, follow=True)):
                    raise EngineFault(Reason.CONTAINER_FAILED, "the container that offers the credentials of the index ended at once")
            yield Where({"SECRETS": f"http://127.0.0.1:{PORT}/"}, f"container:{container.id}")
        finally:
            with contextlib.suppress(Exception):
                container.remove(force=True)

    def _words(self) -> list[str]:
        """Return what must not be seen: passwords, and the user part of every URL, as they are written and as they are meant."""
        words = {value for name, value in self.variables.items() if name.endswith("_PASSWORD")}
        for value in self.variables.values():
            for user in re.findall(r"(?<=://)([^/@\s]+)@", value):
                # A token may stand alone in the place of the user.
                password = user.partition(":")[2] or user
                words |= {user, password, unquote(password)}
        return sorted((word for word in words if word), key=len, reverse=True)
