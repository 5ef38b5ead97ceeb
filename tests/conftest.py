"""Tiers: what a tier needs and this machine lacks is a skip that says why, and on CI a failure."""

from __future__ import annotations

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from runner.engines.docker.daemon import connect, faults
from runner.errors import EngineFault
from runner.interpreters import find_interpreter
from runner.model import ImageSettings, Reason
from runner.uv_command import find_uv
from tests.browser.browsers import find_chromium

# What tests run is no step of the workflow that runs the tests.
os.environ.pop("GITHUB_STEP_SUMMARY", None)

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


def _lacking_docker() -> str:
    """Return why the docker tier cannot run on this machine, or nothing."""
    try:
        client = connect()
        for version in PYTHONS:
            with faults(f"there is no base image for Python {version}", Reason.BASE_IMAGE_MISSING):
                client.images.get(ImageSettings().base_of(version))
    except EngineFault as error:
        return str(error)
    return ""


def _lacking_browser() -> str:
    """Return why the browser tier cannot run on this machine, or nothing."""
    return "" if find_chromium() else "no chromium is on PATH; on Debian `apt-get install chromium` brings it"


TIERS = {
    "integration": ("real TensorFlow environments cannot be made here", _lacking),
    "docker": ("there is no Docker engine to test with", _lacking_docker),
    "browser": ("there is no browser to test with", _lacking_browser),
}


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests stay in one process: what they share is made once. So do all of the one Docker engine, who look at what is on it."""

    def _split_scope(self, nodeid: str) -> str:
        return "docker" if nodeid.startswith("tests/docker/") else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Say how `-n 2` deals the tests."""
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tiers whose tools are missing; on CI they run, and fail."""
    for tier, (what, lacking) in TIERS.items():
        real = [item for item in items if item.get_closest_marker(tier)]
        why = lacking() if real and os.environ.get("CI") != "true" else ""
        for item in real if why else ():
            item.add_marker(pytest.mark.skip(reason=f"{what}: {why}"))
