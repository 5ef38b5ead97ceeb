"""An engine whose clock is not this machine's: nothing is built with it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from runner.engines.docker import daemon
from runner.engines.docker.engine import DockerEngine
from runner.errors import EngineFault
from runner.model import Environment, Reason

ENVIRONMENT = Environment(id="tf2.15-py311", tensorflow="2.15.1", python="3.11")
LOCKS = Path(__file__).parents[2] / "images" / "locks"


def client(time: str) -> Any:
    """Return an engine's client that tells this time, and has no images to offer."""
    return SimpleNamespace(version=dict, info=lambda: {"SystemTime": time}, api=SimpleNamespace(base_url="http://here"))


def told(hours: float) -> str:
    """Return what an engine says whose clock is so far ahead, with the nanoseconds that engines write."""
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


@pytest.mark.parametrize(("hours", "words"), [(1, r"(3599|3600) s ahead of"), (-2, r"720[01] s behind")])
def test_an_engine_with_another_clock_prepares_nothing(hours: float, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "connect", lambda: client(told(hours)))
    engine = DockerEngine(locks=LOCKS, cache=tmp_path, agent=tmp_path)
    with pytest.raises(EngineFault, match=words) as caught:
        engine.prepare(ENVIRONMENT)
    assert caught.value.reason is Reason.CLOCK_SKEW


@pytest.mark.parametrize("hours", [0, 0.05])
def test_some_difference_is_borne(hours: float) -> None:
    daemon.check_clock(daemon.describe(client(told(hours))))


@pytest.mark.parametrize("time", ["", "yesterday", "2026-01-01T00:00:00"])
def test_no_time_at_all_is_borne(time: str) -> None:
    daemon.check_clock(daemon.describe(client(time)))


def test_what_engines_write_is_read() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert daemon.skew("2026-01-02T03:04:15.123456789Z", now) == 10.0
    assert daemon.skew("2026-01-02T04:04:06.5+01:00", now) == 1.0
    assert daemon.skew("2026-01-02T03:04:00Z", now) == -5.0
