"""Runs inside a build, on any Python from 3.6: install the lock with uv, hashes checked, bytecode compiled, caches nowhere.

The index and its credentials, where they are secret, are asked for on the loopback address of this build and never written.
"""

import json
import os
import subprocess
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ENV = "/opt/env"


def main() -> int:
    """Make the virtual environment and fill it; return uv's exit code."""
    environ = dict(os.environ, UV_NO_CACHE="1", UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    if os.path.getsize(os.path.join(HERE, "ca.crt")):
        environ["SSL_CERT_FILE"] = certificates()
    if environ.get("INDEX"):
        environ["UV_DEFAULT_INDEX"] = environ["INDEX"]
    if environ.get("SECRETS"):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        environ.update(json.loads(opener.open(environ["SECRETS"], timeout=60).read().decode()))
    uv = os.path.join(HERE, "uv")
    os.chmod(uv, 0o755)
    install = [uv, "pip", "install", "--require-hashes", "--no-deps", "--compile-bytecode", "--python", ENV + "/bin/python"]
    install += ["--build-constraints", os.path.join(HERE, "build-constraints.txt"), "-r", os.path.join(HERE, "lock.txt")]
    for command in ([uv, "venv", "--quiet", "--no-project", "--python", sys.executable, ENV], install):
        code = subprocess.call(command, env=environ)
        if code:
            return code
    return 0


def certificates() -> str:
    """Return a file with the certificates that were given and those of the base image."""
    place = os.path.join(HERE, "all.crt")
    with open(place, "wb") as joined:
        for path in (os.path.join(HERE, "ca.crt"), "/etc/ssl/certs/ca-certificates.crt"):
            if os.path.exists(path):
                with open(path, "rb") as stream:
                    joined.write(stream.read() + b"\n")
    return place


if __name__ == "__main__":
    sys.exit(main())
