"""Pictures: what is drawn is what the tables say, nothing lies on anything else, and any text is only text."""

from __future__ import annotations

import io
import string
from importlib import resources
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from runner.errors import UsageError
from runner.formats import FORMATS
from runner.reports.glyphs import GLYPHS, NONE_RAN, SILENT, fraction, glyph_of
from runner.reports.palette import look_of
from runner.reports.picture.draw import FONTS, SCALE, as_png, as_svg
from runner.reports.picture.layout import KNOWN, NOTE, PANELS, Square, common_ending, lay_out
from runner.reports.picture.widths import width_of
from runner.reports.tables import pivot
from runner.reports.terminal import denominators, results
from runner.reports.tints import LIGHT_SHADES, shade_of
from tests.unit.samples import FULL, HOSTILE, QUICK, build, full_run, load, run_of, save
from tests.unit.test_page import hostile

SVG = "{http://www.w3.org/2000/svg}"
FONT_FILES = resources.files("runner.reports.picture").joinpath("fonts")
TWENTY_THREE = (*FULL, "tf2.16-tfkeras-py312")


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("environments", [QUICK, FULL], ids=["few", "many"])
def test_every_cell_is_drawn_as_the_tables_have_it(environments: tuple[str, ...]) -> None:
    tables = pivot(full_run(environments))
    squares = {square.about: square for square in lay_out(tables, ["h5"]).squares}
    (grid,) = [grid for grid in tables.grids if grid.format == "h5"]
    for (producer, consumer), cell in grid.cells.items():
        (square,) = [one for about, one in squares.items() if about.startswith(f"{producer} to {consumer}: ")]
        shade = shade_of(look_of(cell), cell.passed / cell.total if cell.total else 0.0)
        assert (square.sign, square.number, square.look) == (glyph_of(cell).sign, fraction(cell), shade)
        assert not cell.total or square.bar == pytest.approx((square.width - 6) * cell.passed / cell.total)
    assert len(squares) == len(grid.cells) + len(grid.saves) + len(GLYPHS) + 1


def test_it_says_of_how_many_it_speaks_and_what_the_signs_mean() -> None:
    tables = pivot(full_run())
    said = texts(as_svg(full_run()))
    assert denominators(tables.totals) in said
    assert any(results(tables.totals) in text for text in said)
    assert {glyph.text for glyph in (*GLYPHS.values(), SILENT)} <= set(said)


def test_the_panels_are_those_that_people_ask_for_or_those_asked_for() -> None:
    run = run_of(*(load(QUICK[:2], "a", name, "load-model") for name in FORMATS))
    assert set(KNOWN) == set(FORMATS)

    def panels(*formats: str) -> list[str]:
        return [label.text for label in lay_out(pivot(run), formats).labels if label.size == 16]

    assert panels() == list(KNOWN[:PANELS])
    assert panels("weights-*") == ["weights-h5", "weights-tf"]
    assert any(f"{PANELS} of {len(FORMATS)} formats" in text for text in texts(as_svg(run)))
    with pytest.raises(UsageError, match="did you mean 'keras-v3'"):
        panels("kers-v3")


@pytest.mark.parametrize("environments", [QUICK, TWENTY_THREE], ids=["6", "23"])
def test_nothing_lies_on_anything_else_and_all_is_within(environments: tuple[str, ...]) -> None:
    picture = lay_out(pivot(full_run(environments)))
    for square in picture.squares:
        assert square.x >= 0 and square.x + square.width <= picture.width
        assert square.y >= 0 and square.y + square.height <= picture.height
    sample = picture.squares[:: max(1, len(picture.squares) // 150)]
    assert not [(one.about, other.about) for one, other in combinations(sample, 2) if _overlap(one, other)]
    for label in picture.labels:
        long = width_of(label.text, label.size, bold=label.bold)
        begin = label.x - long if label.end else label.x
        assert begin >= 0 and begin + (long * 0.7 if label.turned else long) <= picture.width, label.text


@pytest.mark.parametrize(("font", "bold"), [(FONTS[0], False), (FONTS[1], True)])
def test_the_widths_are_those_of_the_font(font: str, bold: bool) -> None:
    drawn = ImageFont.truetype(str(FONT_FILES.joinpath(font)), 1000)
    for text in (NOTE, "TensorFlow compatibility matrix", *TWENTY_THREE, *(glyph.text for glyph in (*GLYPHS.values(), SILENT))):
        ratio = width_of(text, 1000, bold=bold) / drawn.getlength(text)
        assert (0.95 if bold else 0.98) <= ratio <= (1.1 if bold else 1.02), text


def test_the_gaps_of_the_legend_are_even() -> None:
    picture = lay_out(pivot(full_run(QUICK)))
    signs = {glyph.text: glyph for glyph in (*GLYPHS.values(), SILENT)}
    boxes = [square for square in picture.squares if square.about in signs]
    labels = {label.text: label for label in picture.labels if label.text in signs}
    ends = [labels[box.about].x + width_of(box.about, labels[box.about].size) for box in boxes]
    gaps = {round(after.x - end) for end, box, after in zip(ends, boxes, boxes[1:], strict=False) if after.y == box.y}
    assert len(gaps) == 1


def test_an_ending_that_all_share_is_said_once() -> None:
    assert common_ending(["tf2.12-py311", "tf2.13-tfa0.23-py311"]) == "-py311"
    assert common_ending(["tf2.12-py311", "tf2.16-py312"]) == common_ending(["tf2.12-py311"]) == common_ending(["a", "a-b"]) == ""
    assert common_ending(["-py311", "tf-py311"]) == common_ending([]) == ""
    said = texts(as_svg(full_run(QUICK)))
    assert any("all environments end in -py311" in text for text in said)
    assert "tf2.12" in said and "tf2.12-py311" not in said


def _overlap(one: Square, other: Square) -> bool:
    return one.x < other.x + other.width and other.x < one.x + one.width and one.y < other.y + other.height and other.y < one.y + one.height


def test_at_23_by_23_every_cell_has_its_sign_and_its_number_in_a_size_to_read() -> None:
    run = full_run(TWENTY_THREE)
    picture = lay_out(pivot(run))
    assert picture.width < 1.3 * picture.height and picture.height < 1.3 * picture.width
    drawn = [square for square in picture.squares if square.about.startswith("tf")]
    assert all(square.sign_size >= 12 for square in drawn)
    assert all(square.number and square.number_size >= 11 for square in drawn if square.share)


def test_a_png_is_the_same_picture_on_every_machine() -> None:
    run = full_run()
    picture = lay_out(pivot(run))
    data = as_png(run)
    image: Any = Image.open(io.BytesIO(data)).convert("RGB")
    assert image.size == (picture.width * SCALE, picture.height * SCALE)
    for square in picture.squares:
        # The corner of a square shows its colour, without sign, number or bar.
        corner = image.getpixel((round((square.x + 5) * SCALE), round((square.y + 3) * SCALE)))
        wanted = tuple(int(LIGHT_SHADES[square.look].back[at : at + 2], 16) for at in (1, 3, 5))
        assert max(abs(a - b) for a, b in zip(corner, wanted, strict=True)) <= 3, square.about
    assert as_png(run) == data


@pytest.mark.parametrize("font", FONTS)
def test_the_fonts_have_every_sign_and_letter(font: str) -> None:
    drawn = ImageFont.truetype(str(FONT_FILES.joinpath(font)), 40)
    missing = bytes(drawn.getmask("\U0010fffd"))
    signs = [glyph.sign for glyph in (*GLYPHS.values(), SILENT)]
    assert not [
        sign for sign in (*signs, *string.ascii_letters, *string.digits, "/", NONE_RAN, "…", "·") if bytes(drawn.getmask(sign)) == missing
    ]


def test_an_interrupted_an_empty_and_a_run_of_saves_only() -> None:
    assert any("interrupted" in text for text in texts(as_svg(full_run(footer=False))))
    assert any("Nothing was planned" in text for text in texts(as_svg(run_of())))
    saves = texts(as_svg(run_of(build(QUICK[0]), save(QUICK[0], "a", "h5"))))
    assert "saved" in saves and "h5" in saves


@settings(deadline=None, max_examples=30)
@given(st.one_of(st.just(HOSTILE), st.text(alphabet="<>/&\"'-]!= \x00\x1b\ufffe\u202eab", min_size=1, max_size=40)))
def test_any_text_is_only_text(text: str) -> None:
    tags = {node.tag.removeprefix(SVG) for node in ElementTree.fromstring(as_svg(hostile(text))).iter()}
    assert tags <= {"svg", "title", "desc", "style", "rect", "text", "g"}
