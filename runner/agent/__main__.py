"""Entry: make this directory importable as the package `agent`, whatever it is called from, then serve, run one cell, or measure."""

import argparse
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def _as_package() -> None:
    """Import the package by its place, so that no other directory of the runner comes onto the path."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
    spec = importlib.util.spec_from_file_location("agent", os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE])
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["agent"] = package
    spec.loader.exec_module(package)


def main() -> int:
    """Parse the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="agent")
    commands = parser.add_subparsers(dest="command")
    serve = commands.add_parser("serve", help="answer requests from standard input")
    serve.add_argument("--isolation", choices=["shared", "fork", "process"], default="shared")
    serve.add_argument("--scratch", required=True)
    serve.add_argument("--stream", action="store_true", help="no directory is shared with the runner: files come and go by the streams")
    cell = commands.add_parser("cell", help="run one request in this very process")
    cell.add_argument("request")
    cell.add_argument("--scratch", required=True)
    bare = commands.add_parser("bare", help="run requests one after another in this very process, and time them")
    bare.add_argument("requests", nargs="+")
    bare.add_argument("--scratch", required=True)
    bare.add_argument("--times", required=True)
    arguments = parser.parse_args()
    _as_package()
    if arguments.command == "serve":
        from agent.serve import serve as run

        return run(isolation=arguments.isolation, scratch=arguments.scratch, streaming=arguments.stream)
    if arguments.command == "cell":
        from agent.cell import run_request

        return run_request(arguments.request, session=arguments.scratch)
    if arguments.command == "bare":
        from agent.bare import run_bare

        return run_bare(arguments.requests, session=arguments.scratch, times=arguments.times)
    parser.error("say 'serve', 'cell' or 'bare'")
    return 2


if __name__ == "__main__":
    sys.exit(main())
