"""The two models that are in every run, in each of its environments, and say whether it can be believed. `banner` reads what they say.

A sound one that must pass, and a broken one that must fail: four small cells an environment, of which the reader of a report
hears only when one of them is not as it should be.
"""

from __future__ import annotations

from pathlib import Path

from runner.model import Fixture

SOUND = "sound"
BROKEN = "broken"

NAME = "canary"
"""The name of their fixtures, which no other fixture may have."""

_DIRECTORY = Path(__file__).resolve().parent.parent / "fixtures" / NAME

CANARIES = (
    Fixture(
        name=NAME,
        variant=SOUND,
        file=_DIRECTORY / "sound.py",
        formats=("weights-h5",),
        loaders=(("weights-h5", ("load-weights",)),),
        summary="A plain uncompiled Dense model, which must load from weights it saved itself.",
        canary=SOUND,
    ),
    Fixture(
        name=NAME,
        variant=BROKEN,
        file=_DIRECTORY / "broken.py",
        formats=("own",),
        loaders=(("own", ("own",)),),
        summary="A model that comes back with one weight changed, which must be noticed.",
        canary=BROKEN,
    ),
)
