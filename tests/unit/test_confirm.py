"""Which failures are the same one."""

from __future__ import annotations

import pytest

from runner.confirm import normalised, signature
from runner.model import ErrorInfo, Reason, Status
from tests.unit.samples import load


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Layer 'hidden' expected 2 variables, but received 0", "Layer 'before' expected 4 variables, but received 1"),
        ("incompatible tensor with shape (784, 128) when restoring", "incompatible tensor with shape (6,) when restoring"),
        ("cannot read /tmp/run-1/agent-2/cell-3/model.h5 here", "cannot read /tmp/run-9/agent-1/cell-77/model.h5 here"),
        ("the object <Dense name=a, built=True> could not be loaded", "the object <LSTM name=b, built=True> could not be loaded"),
        ("object at 0x7f00aa is\n   gone", "object at 0x1 is gone"),
    ],
)
def test_what_differs_from_model_to_model_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("'custom_names'", "'build_config'"),
        ("Unknown layer: 'Scale'. Register it", "Unknown optimizer: 'Scale'. Register it"),
        ("File format not supported", "Invalid keyword arguments"),
    ],
)
def test_what_tells_failures_apart_counts(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_a_configuration_that_is_quoted_first_hides_no_difference() -> None:
    quoted = "Functional could not be deserialized properly. config={'module': 'keras'}." + " Please ensure that all is well." * 9
    first, other, again = (
        load(
            ("tf2.15-py311", "tf2.16-py311"),
            "f",
            "h5",
            "load-model",
            Status.FAILED,
            Reason.LOAD_RAISED,
            error=ErrorInfo(type="TypeError", message=message),
        )
        for message in (
            f"{quoted}\n\nException encountered: {end}" for end in ("Unknown layer: 'a'", "no such dtype", "Unknown layer: 'b'")
        )
    )
    assert signature(first) != signature(other)
    assert signature(first) == signature(again)
