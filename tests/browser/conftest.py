"""One browser for the tests of a file, a page that records whatever it asks for, and a place for screenshots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page

from runner.model import Run
from runner.reports.html.page import render
from tests.browser.browsers import chromium


@dataclass
class Opened:
    """A page that was opened from a file: what it asked for besides that file, what it complained of, what tried to pop up."""

    page: Page
    address: str
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def go(self, fragment: str) -> None:
        """Go to a place in the page, as a link does."""
        self.page.evaluate("fragment => { location.hash = fragment }", fragment)
        self.page.evaluate("() => new Promise((done) => setTimeout(done, 50))")


def dismissed(page: Opened, dialog: Dialog) -> None:
    """Note a dialog and send it away."""
    page.said.append(f"dialog: {dialog.message}")
    dialog.dismiss()


Opener = Callable[..., Opened]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Return what opens the page of a run: `opened(run, fragment, dark=, width=, height=, trusting=, **options of render)`."""
    contexts: list[BrowserContext] = []

    def open_(
        run: Run | str,
        fragment: str = "",
        *,
        dark: bool = False,
        width: int = 1500,
        height: int = 1000,
        trusting: bool = False,
        **options: object,
    ) -> Opened:
        file = tmp_path / f"page-{len(contexts)}.html"
        file.write_text(run if isinstance(run, str) else render(run, **options), encoding="utf-8")  # type: ignore[arg-type]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", bypass_csp=trusting
        )
        contexts.append(context)
        page = context.new_page()
        made = Opened(page, file.as_uri())
        page.on("request", lambda request: made.asked.append(request.url))
        page.on("console", lambda message: made.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: made.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: dismissed(made, dialog))
        page.goto(f"{made.address}{'#' if fragment else ''}{fragment}")
        page.wait_for_selector("html[data-ready] #view[data-drawn]")
        return made

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where screenshots are kept: `TFMATRIX_SCREENSHOTS`, else `screenshots` below pytest's base directory."""
    place = Path(os.environ.get("TFMATRIX_SCREENSHOTS") or tmp_path_factory.getbasetemp() / "screenshots").absolute()
    place.mkdir(parents=True, exist_ok=True)
    return place
