"""Markdown that GitHub reads as it was meant: valid tables, and no message that is more than text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from runner.model import Reason, Run, Status
from runner.reports import markdown
from runner.reports.clean import code_block, code_span, prose
from tests.unit.samples import FULL, HOSTILE, QUICK, build, error, full_run, load, run_of, save

PAIR = ("tf2.12-py311", "tf2.16-py311")
PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(text: str) -> list[Token]:
    return [token for block in PARSER.parse(text) for token in (block, *(block.children or []))]


def row_widths(text: str) -> list[set[int]]:
    """Return, for each table as parsed, the numbers of cells that its rows have."""
    tables: list[set[int]] = []
    cells = 0
    for token in PARSER.parse(text):
        match token.type:
            case "table_open":
                tables.append(set())
            case "tr_open":
                cells = 0
            case "th_open" | "td_open":
                cells += 1
            case "tr_close":
                tables[-1].add(cells)
    return tables


@pytest.mark.parametrize("environments", [QUICK, FULL])
def test_every_grid_is_a_valid_table(environments: tuple[str, ...]) -> None:
    widths = row_widths(markdown.render(full_run(environments)))
    assert widths[:3] == [{len(environments) + 2}] * 3
    assert all(len(width) == 1 for width in widths)


def test_the_number_of_pipes_is_that_of_the_columns() -> None:
    for line in markdown.render(full_run()).splitlines():
        if line.startswith("| `tf"):
            assert len(re.findall(r"(?<!\\)\|", line)) == len(QUICK) + 3


def test_it_says_what_the_terminal_says() -> None:
    text = markdown.render(full_run())
    for piece in (
        "654 cells planned: 641 ran",
        "72 of them silently",
        "≠ 0/4",
        "python -m runner show load/",
        "reports/runs/20261121-050000-abcd",
    ):
        assert piece in text
    assert text.index("Nothing raised") < text.index("producers down") < text.index("✗ Failed")


def test_an_interrupted_run_says_so_first() -> None:
    assert "interrupted" in markdown.render(full_run(footer=False)).splitlines()[2]


def test_an_empty_run() -> None:
    text = markdown.render(run_of())
    assert "Nothing was planned" in text and "|" not in text


def test_a_run_of_saves_only_has_one_column() -> None:
    text = markdown.render(run_of(build(PAIR[0]), save(PAIR[0], "a", "h5"), save(PAIR[0], "b", "h5")))
    assert "| producer | saved |\n| --- | :--- |\n| `tf2.12-py311` | ✓ 2/2 |\n" in text
    assert "2 fixtures; producers down.\n" in text


def test_a_run_of_builds_only_has_no_table() -> None:
    text = markdown.render(run_of(build(PAIR[0])))
    assert "1 cell planned: 1 ran" in text and "|" not in text


def hostile_run(text: str = HOSTILE) -> Run:
    first = load(PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=error(text, text))
    second = load((text, PAIR[1]), text, text, text, Status.FAILED, Reason.OUTPUTS_DIFFER)
    third = save(PAIR[0], "a", "h5", Status.ERRORED, Reason.BAD_RESULT, diagnosis={"cause": text, "class": text, "remedy": text})
    fourth = load(PAIR, "b", "h5", "load-model", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=text)
    return run_of(first, second, third, fourth)


def assert_harmless(text: str) -> None:
    kinds = {token.type for token in tokens(text)}
    assert not kinds & {"html_block", "html_inline", "image", "link_open", "fence", "hr", "blockquote_open"}
    assert all(len(width) == 1 for width in row_widths(text))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


def test_hostile_text_is_only_text() -> None:
    text = markdown.render(hostile_run())
    assert_harmless(text)
    outside_code = "".join(token.content for token in tokens(text) if token.type == "text")
    assert not re.search(r"@\w", outside_code)


@settings(deadline=None)
@given(st.text(alphabet="|\\`*_<>[]()!#~&;@$ \n\r\t\x00\x1b\u202eab1-+.:/", max_size=60))
def test_any_text_is_only_text(text: str) -> None:
    assert_harmless(markdown.render(hostile_run(text)))


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_code_span_is_one_code_span_and_a_table_cell_one_cell(text: str) -> None:
    (inline,) = [token for token in PARSER.parse(f"x {code_span(text)} y") if token.type == "inline"]
    assert [child.type for child in inline.children or []] == ["text", "code_inline", "text"]
    assert row_widths(f"| a | b |\n| --- | --- |\n| {code_span(text, in_table=True)} | {prose(text)} |\n") == [{2}]


@settings(deadline=None)
@given(st.text(alphabet="`~ab\n ", max_size=60))
def test_no_text_closes_a_code_block(text: str) -> None:
    parsed = PARSER.parse(f"{code_block(text)}\n\nafter\n")
    assert [token.type for token in parsed] == ["fence", "paragraph_open", "inline", "paragraph_close"]


def test_a_cause_is_linked_upstream_and_nothing_else_is() -> None:
    def rendered(link: str) -> str:
        diagnosis = {"cause": "a cause", "class": "misuse", "remedy": "a remedy", "detail": "Dense", "link": link}
        return markdown.render(run_of(load(PAIR, "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, diagnosis=diagnosis)))

    assert "a cause; here: Dense (1) ([upstream](https://github.com/keras-team/keras/issues/1))" in rendered(
        "https://github.com/keras-team/keras/issues/1"
    )
    for hostile in ("https://github.com/x) <b>", "javascript:alert(1)", "https://example.invalid/", "https://github.com/a|b"):
        assert_harmless(rendered(hostile))


def test_prose_breaks_links_and_mentions() -> None:
    assert "https:" not in prose("see https://example.invalid")
    assert "@someone" not in prose("thanks @someone")


def test_the_same_run_gives_the_same_text() -> None:
    assert markdown.render(full_run(FULL)) == markdown.render(full_run(FULL))
