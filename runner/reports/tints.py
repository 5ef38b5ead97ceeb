"""Steps of a colour by the share that passed, so that 3/12 and 11/12 do not look alike: few, some, most. Some is the colour itself.

Text can be read on each, and statuses stay apart for everybody, as tests hold. A silent failure has one colour: it is never pale.
"""

from __future__ import annotations

from runner.model import Status
from runner.reports.palette import DARK, LIGHT, Colour

FEW, MOST = 1 / 3, 2 / 3
"""Below the first it is few, from the second on most."""

LIGHT_TINTS: dict[str, Colour] = {
    f"{Status.FAILED}-few": Colour("#e4874d", "#300f00"),
    f"{Status.FAILED}-most": Colour("#f8c6a9", "#4a1c00"),
    f"{Status.DEGRADED}-most": Colour("#fdf4d4", "#5c4600"),
    f"{Status.BLOCKED}-most": Colour("#e3eef7", "#3a4a62"),
}
DARK_TINTS: dict[str, Colour] = {
    f"{Status.FAILED}-few": Colour("#ea8442", "#1c0a00"),
    f"{Status.FAILED}-most": Colour("#a04e1c", "#fff3ea"),
    f"{Status.DEGRADED}-most": Colour("#3d330f", "#fbe58f"),
    f"{Status.BLOCKED}-most": Colour("#1d2f40", "#c3d8ea"),
}
"""Where most passed and the rest was blocked, the ground is nearly that of what passed: grey says that nothing is known."""

LIGHT_SHADES, DARK_SHADES = LIGHT | LIGHT_TINTS, DARK | DARK_TINTS


def shade_of(look: str, share: float) -> str:
    """Return the name of the colour of a cell of which this share passed."""
    step = "few" if share < FEW else "most" if share >= MOST else "some"
    return name if (name := f"{look}-{step}") in LIGHT_TINTS else look
