"""The rules of diagnosis, as data. Order matters: what is more telling stands above what is more general.

The patterns were read off real messages of TensorFlow 2.4 to 2.21 and of Keras 2 and 3, quoted in tests/unit/test_diagnose.py.
They are searched in `Type: message`. Keep them free of nested repetition: the messages are whatever a model cared to raise.
"""

from __future__ import annotations

from runner.rules.base import CLASSES, UNTRIED, Rule
from runner.rules.circumstances import DEPENDENCIES, MACHINE, SETUP
from runner.rules.configuration import CONFIGS, FORMATS
from runner.rules.values import LAYOUTS, WITHOUT_MESSAGE

__all__ = ["CLASSES", "RULES", "UNTRIED", "Rule"]

RULES: tuple[Rule, ...] = (*MACHINE, *DEPENDENCIES, *FORMATS, *CONFIGS, *LAYOUTS, *WITHOUT_MESSAGE, *SETUP)
