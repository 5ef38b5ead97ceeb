"""A run of 45,000 cells: the page is small enough to be mailed, and everything in it is there. What takes how long: `nox -s bench_page`."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from runner.reports.html.page import render
from tests.browser.conftest import Opener
from tests.browser.large import large_run
from tests.browser.pages import cells_printed

pytestmark = pytest.mark.browser


def test_the_page_of_45000_cells(opened: Opener, screenshots: Path) -> None:
    run = large_run()
    assert len(run.outcomes) >= 45_000 and len(run.header.environments) == 23
    text = render(run)
    assert len(text.encode()) < 15_000_000
    page = opened(text, width=1600, height=1200)
    expect(page.page.locator(".tile").first).to_have_text(f"planned{len(run.outcomes):,}")
    _the_heads_of_a_long_table_stay_in_sight(page.page)
    page.page.screenshot(path=screenshots / "large.png")
    failed = next(o for o in run.outcomes.values() if o.error is not None)
    assert failed.error is not None
    page.go(f"cell={failed.id}")
    expect(page.page.locator("#evidence pre").first).to_contain_text(failed.error.type)
    assert page.said == []
    page.go("")
    assert cells_printed(page.page, "1") >= 5 * len(run.header.environments), "the first page has rows of the first table"


def _the_heads_of_a_long_table_stay_in_sight(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    table = page.locator(".scrolling").first
    table.scroll_into_view_if_needed()
    # With the keys from the first to the last row and up again: what has the focus is never below the head or the names of the rows.
    table.locator("td.open[tabindex='0']").focus()
    for key in ("Control+End", "ArrowLeft", *["ArrowUp"] * 21, *["ArrowLeft"] * 22):
        page.keyboard.press(key)
        seen = page.evaluate(BOXES)
        assert seen["top"] - 8 <= seen["head"]["top"] <= seen["top"] + 8, key
        assert seen["cell"]["top"] >= seen["head"]["bottom"] - 1 and seen["cell"]["left"] >= seen["row"]["right"] - 1, key


BOXES = """
() => {
  const cell = document.activeElement;
  const box = (part) => part.getBoundingClientRect().toJSON();
  const table = cell.closest("table");
  return {
    top: box(table.parentElement).top,
    head: box(table.tHead.rows[0].cells[1]),
    row: box(cell.parentElement.cells[0]),
    cell: box(cell),
  };
}
"""
