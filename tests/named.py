"""Tests that other tests name, as pytest does: `tests/unit/test_judge.py::test_something`."""

from __future__ import annotations

import ast
from functools import cache

from tests.documents import ROOT


@cache
def source(file: str) -> str:
    """Return the text of a file of tests, or nothing where there is none."""
    path = ROOT / file
    return path.read_text(encoding="utf-8") if path.is_file() else ""


@cache
def tests_of(file: str) -> frozenset[str]:
    """Return the names of the tests of a file."""
    found = (node.name for node in ast.parse(source(file)).body if isinstance(node, ast.FunctionDef))
    return frozenset(name for name in found if name.startswith("test_"))


def is_there(name: str) -> bool:
    """Say whether a test of this name is there."""
    file, _, test = name.partition("::")
    return test in tests_of(file)
