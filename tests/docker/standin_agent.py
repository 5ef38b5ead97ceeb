"""An agent without TensorFlow, for tests of the engine: it answers requests whose `id` says what to do."""

import json
import os
import sys


def say(**event):
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


say(event="ready", facts={"python": "3.11.0", "packages": {}, "variables": dict(os.environ), "uid": os.getuid()})
for line in iter(sys.stdin.readline, ""):
    request = json.loads(line)["request"]
    if request["id"] == "eat-memory":
        eaten = []
        while True:
            eaten.append(bytearray(10000000))
    if request["id"] == "leave":
        sys.exit(7)
    say(event="done", id=request["id"], request=request)
