"""What a rule of diagnosis is, and the closed list of classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from runner.model import Check, Reason, Stage

UNTRIED = "usually helps (untried)"

THROUGH_H5 = (
    "write the weights to x.h5 in the producer (Keras 2: model.save_weights('x.h5'), Keras 3: model.save('x.h5')),"
    " build the model in code in the consumer and call load_weights('x.h5'): every version reads that"
)
"""What carries weights between any two versions; the model itself is rebuilt by its code."""

CLASSES: dict[str, str] = {
    "misuse": "the wrong call for this file or model: it cannot give what was meant, in any version",
    "custom-code": "the model's own code is not found, or lacks something that saving or loading needs",
    "architecture": "the model that the values are loaded into is not the one that was saved",
    "resources": "memory, disk, permissions or time ran out",
    "format-changed": "the versions write this format differently, or one of them does not have it",
    "keras-2-to-3": "one side has Keras 2, the other Keras 3, and they do not understand each other here",
    "semantics": "a default or the meaning of something changed: all values are right, the result is not",
    "op-unknown": "the saved graph uses an operation, or an attribute of one, that the consumer does not have",
    "addons": "the model needs tensorflow-addons, which the consumer lacks or which does not fit it",
    "python-bytecode": "the file holds compiled Python of another version, or Python that the consumer refuses to run",
    "dependency": "h5py, NumPy, protobuf or another library breaks it, not TensorFlow itself",
    "optimizer-state": "the model is right; the optimizer, its state or the compilation is not",
    "crash": "the process died or hung",
    "damage": "the file is damaged, whether the load noticed it or not",
    "setup": "the machine, the environment, the fixture or the runner is at fault: no statement about TensorFlow",
    "unknown": "no rule fits",
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row: where all given conditions hold, this is the cause. An empty condition holds always.

    The groups of a pattern are what the cause is about in a cell: a class, a keyword, an operation.
    """

    name: str
    """By which tests and people speak of it."""
    cause: str
    class_: str
    remedy: str = ""
    link: str = ""
    """A thread upstream in which the cause is discussed."""

    pattern: re.Pattern[str] | None = None
    """Searched in `Type: message` of what was raised."""
    evidence: re.Pattern[str] | None = None
    """Searched in the messages of warnings."""
    trace: re.Pattern[str] | None = None
    """Searched in the traceback."""
    log: re.Pattern[str] | None = None
    """Searched in the end of the log: what a process said before it died."""
    details: Mapping[Check, re.Pattern[str]] = field(default_factory=dict)
    """By check, searched in what it noted, as JSON with sorted keys: missing slots, hyperparameters, names of weights."""
    notes: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """By name, searched in further notes of the cell."""

    reasons: tuple[Reason, ...] = ()
    stages: tuple[Stage, ...] = ()
    formats: tuple[str, ...] = ()
    loaders: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    """What was being done when it raised."""
    failed: tuple[Check, ...] = ()
    """Checks that all failed."""
    passed: tuple[Check, ...] = ()
    """Checks that all passed."""
    nearer: Mapping[Check, float] = field(default_factory=dict)
    """By check, what its largest difference must be below; a difference that was not noted is not."""
    missing_object: bool = False
    """Whether a class or function of the model's own must be what the load did not find."""

    producer: tuple[str, ...] = ()
    """Versions that the producer must have, as requirements: `keras>=3`, `tensorflow<2.12`, `h5py<3`."""
    consumer: tuple[str, ...] = ()
    """The same of the consumer."""
    step: tuple[tuple[str, Literal["newer", "older", "other", "same"]], ...] = ()
    """How the consumer's minor version of a package stands to the producer's: `("tensorflow", "newer")`."""


def pattern(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the alternatives, whatever their case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


FAULT = pattern(r"\b(4|6|7|8|11)\b")
"""Searched in the number of a signal: those of faults in compiled code. Others are sent by somebody, or by a clock."""

OWN_CODE = pattern(
    r'File "(?![^"]{0,400}(?:site-packages|dist-packages|/lib/python\d|(?:runner|/input)/agent/))'
    r'[^"<]{0,400}/([^"/]{1,80}", line \d{1,7}), in (?:(?!File ").)*$'
)
"""Searched in a traceback: its last call stands in a file that is neither Python's, a package's nor the runner's own."""
