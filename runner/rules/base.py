"""What a rule of diagnosis is, and the closed list of classes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.model import Reason, Stage

UNTRIED = "usually helps (untried)"

CLASSES: dict[str, str] = {
    "format-removed": "the consumer no longer (or does not yet) read this format",
    "config-changed": "the configuration of the model names something the consumer does not know",
    "layout-changed": "the same kind of file holds its values in another place",
    "graph-newer": "the saved graph uses operations the consumer does not have",
    "custom-code": "the model's own code lacks something that saving or loading needs",
    "optimizer-state": "the model is right and its training state is not",
    "numerics": "the values differ though nothing was lost",
    "dependency": "h5py, NumPy, protobuf or another library breaks it, not TensorFlow itself",
    "crash": "the process died or hung",
    "damage": "the file is damaged, and the load did not notice",
    "machine": "the machine or a limit stopped it: no statement about TensorFlow unless it repeats",
    "setup": "the environment, the fixture or the runner is at fault: no statement about TensorFlow",
    "unknown": "no rule fits",
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row: where all given conditions hold, this is the cause. An empty condition holds always."""

    cause: str
    class_: str
    remedy: str = ""
    pattern: re.Pattern[str] | None = None
    evidence: re.Pattern[str] | None = None
    """Searched in the messages of warnings."""
    reasons: tuple[Reason, ...] = ()
    stages: tuple[Stage, ...] = ()
    formats: tuple[str, ...] = ()
    loaders: tuple[str, ...] = ()
    phases: tuple[str, ...] = ()
    """What was being done when it raised."""
    missing_object: bool = False
    """Whether a class or function of the model's own must be what the load did not find."""


def pattern(*alternatives: str) -> re.Pattern[str]:
    """Return a pattern that finds any of the alternatives, whatever their case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)
