"""A run of 45,000 cells: the page is small enough to be mailed, and everything in it is there. What takes how long: `nox -s bench_page`."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

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
    page.page.screenshot(path=screenshots / "large.png")
    failed = next(o for o in run.outcomes.values() if o.error is not None)
    assert failed.error is not None
    page.go(f"cell={failed.id}")
    expect(page.page.locator("#evidence pre").first).to_contain_text(failed.error.type)
    assert page.said == []
    page.go("")
    assert cells_printed(page.page, "1") >= 5 * len(run.header.environments), "the first page has rows of the first table"
