"""A laid out picture as SVG, and as PNG by the same SVG and a font of our own, so that it looks the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

import resvg_py
from jinja2 import Environment, PackageLoader, StrictUndefined

from runner.model import Run
from runner.reports.picture.layout import lay_out
from runner.reports.tables import pivot
from runner.reports.tints import LIGHT_SHADES

FONT = "DejaVu Sans"
FONTS = ("DejaVuSans-subset.ttf", "DejaVuSans-Bold-subset.ttf")
SCALE = 2
"""Pixels of a PNG for one of the SVG: sharp on a screen that has two for one."""

_TEMPLATES = Environment(
    loader=PackageLoader("runner.reports.picture", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def as_svg(run: Run, formats: Sequence[str] = ()) -> str:
    """Return the heat map of a run as an SVG document; `formats` are patterns. Raises UsageError when they fit none."""
    picture = lay_out(pivot(run), formats)
    return _TEMPLATES.get_template("picture.svg.j2").render(picture=picture, colours=LIGHT_SHADES, font=FONT)


def as_png(run: Run, formats: Sequence[str] = ()) -> bytes:
    """Return the same as a PNG, `SCALE` times as large. Raises UsageError when the patterns fit no format."""
    fonts = resources.files("runner.reports.picture").joinpath("fonts")
    with resources.as_file(fonts) as place:
        return resvg_py.svg_to_bytes(
            svg_string=as_svg(run, formats),
            zoom=SCALE,
            skip_system_fonts=True,
            font_files=[str(place / name) for name in FONTS],
            font_family=FONT,
            sans_serif_family=FONT,
        )
