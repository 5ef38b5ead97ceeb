"""Tiers: what a tier needs and this machine lacks is a skip that says why, and on CI a failure."""

from __future__ import annotations

import os

import pytest

from runner.errors import EngineFault
from runner.interpreters import find_interpreter
from runner.uv_command import find_uv

PYTHONS = ("3.8", "3.11")


def _lacking() -> str:
    """Return what the integration tier lacks on this machine, or nothing."""
    try:
        uv = find_uv()
        for version in PYTHONS:
            find_interpreter(version, uv=uv)
    except EngineFault as error:
        return str(error)
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the integration tier where its Pythons are missing."""
    real = [item for item in items if item.get_closest_marker("integration")]
    lacking = _lacking() if real else ""
    if lacking and os.environ.get("CI") != "true":
        for item in real:
            item.add_marker(pytest.mark.skip(reason=f"real TensorFlow environments cannot be made here: {lacking}"))
