"""The rules of diagnosis, as data. Order matters: what is more telling stands above what is more general.

The patterns were read off real messages of TensorFlow 1.15 to 2.21 and of Keras 2 and 3, quoted in tests/unit/test_diagnose.py.
They are searched in `Type: message`. Keep them free of nested repetition: the messages are whatever a model cared to raise.
"""

from __future__ import annotations

from runner.rules.altered import ALTERED, ARGUMENTS, BESIDE, SHOWN
from runner.rules.base import CLASSES, UNTRIED, Rule
from runner.rules.callables import CALLABLES
from runner.rules.checkpoints import RESTORES
from runner.rules.circumstances import CRASHES, DAMAGE, RESOURCES, SETUP
from runner.rules.code import CODE
from runner.rules.compiled import COMPILED
from runner.rules.configuration import COMPILATION, NAMES, REST, VALUES_OF_WORDS, WORDS
from runner.rules.damaged import DAMAGED
from runner.rules.dependencies import ADDONS, BYTECODE, DEPENDENCIES
from runner.rules.formats import FORMATS
from runner.rules.graphs import GRAPHS
from runner.rules.keras_2_to_3 import KERAS_2_TO_3
from runner.rules.misuse import MISUSE
from runner.rules.optimizers import LEFT, OPTIMIZERS
from runner.rules.own_files import OWN_FILES
from runner.rules.saved import SAVED
from runner.rules.values import ADDED, RAISED, VALUES
from runner.rules.weights import FILES

__all__ = ["CLASSES", "RULES", "UNTRIED", "Rule"]

RULES: tuple[Rule, ...] = (
    *(*DAMAGE, *RESOURCES, *DAMAGED, *BYTECODE, *CRASHES),
    *(*CALLABLES, *OWN_FILES, *GRAPHS, *DEPENDENCIES, *ADDONS),
    *(*BESIDE, *ARGUMENTS, *RESTORES, *MISUSE, *FORMATS),
    *(*CODE, *KERAS_2_TO_3, *COMPILATION, *WORDS, *VALUES_OF_WORDS, *NAMES),
    *(*OPTIMIZERS, *FILES, *REST),
    *(*ADDED, *LEFT, *COMPILED, *ALTERED, *SHOWN, *VALUES, *SAVED, *RAISED),
    *SETUP,
)
