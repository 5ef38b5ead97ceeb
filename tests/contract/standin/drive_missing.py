"""Ask the agent which object each message says was missing. Reads [[message, {name: class or function}], ...] from standard input.

python drive_missing.py AGENT
"""

import importlib.util
import json
import os
import sys


def main():
    place = sys.argv[1]
    spec = importlib.util.spec_from_file_location("agent", os.path.join(place, "__init__.py"), submodule_search_locations=[place])
    package = importlib.util.module_from_spec(spec)
    sys.modules["agent"] = package
    spec.loader.exec_module(package)
    from agent import custom

    print(json.dumps([custom.missing(ValueError(message), known) for message, known in json.load(sys.stdin)]))


main()
