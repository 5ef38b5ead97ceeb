"""The page is for everybody: axe-core finds nothing serious in any view, in light and dark; each is kept as a screenshot."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Opener
from tests.browser.pages import judged, rich, sample_run

pytestmark = pytest.mark.browser

PLACES = {
    "formats": "",
    "formats-filtered": "status=failed",
    "fixtures": "view=fixtures",
    "directions": "view=directions",
    "worst": "view=worst",
    "cell": f"cell={rich().id}&like=producer,consumer,format",
}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("place", PLACES)
def test_axe_finds_nothing_serious(opened: Opener, screenshots: Path, place: str, dark: bool) -> None:
    # axe itself comes from outside, which the page's policy would not allow.
    page = opened(sample_run(), PLACES[place], dark=dark, trusting=True, judgement=judged("a banner", unexpected=rich().id)).page
    page.screenshot(path=screenshots / f"{place}-{'dark' if dark else 'light'}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    serious = [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found if one["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.mark.parametrize("place", PLACES)
def test_it_is_shown_narrow_too(opened: Opener, screenshots: Path, place: str) -> None:
    page = opened(sample_run(), PLACES[place], width=390, height=844).page
    page.screenshot(path=screenshots / f"{place}-narrow.png")
    assert page.locator("h1").is_visible()
