"""How fast the page of a large run is: `nox -s bench_page`, or `python -m tests.browser.measure --output DIRECTORY`.

It makes the page of a run of about 45,000 cells, opens it from the disk in Chromium, filters it, and prints for each figure the worst
and the median of some tries. A filter is timed from the event of the list to the second frame drawn after it. Tables below what is
seen are made after that; how long it takes until they are there too is a figure of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page

from runner.reports.html.page import render
from runner.store import read_run
from tests.browser.browsers import chromium
from tests.browser.large import large_run

TRIES = 5

FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
FILTER = """
([filter, value]) => new Promise((done) => {
  const list = document.getElementById(`filter-${filter}`);
  const begin = performance.now();
  list.value = value;
  list.dispatchEvent(new Event("change"));
  window.addEventListener("hashchange", () => {
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begin)));
  }, { once: true });
})
"""
WHOLE = """
([filter, value]) => new Promise((done) => {
  const list = document.getElementById(`filter-${filter}`);
  const begin = performance.now();
  list.value = value;
  list.dispatchEvent(new Event("change"));
  const view = document.getElementById("view");
  new MutationObserver((seen, observer) => {
    if (!view.dataset.drawn) return;
    observer.disconnect();
    done(performance.now() - begin);
  }).observe(view, { attributes: true });
})
"""
OPEN = """
() => new Promise((done) => {
  const begin = performance.now();
  const title = () => document.getElementById("panel-title");
  new MutationObserver((seen, observer) => {
    if (title()) {
      observer.disconnect();
      requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begin)));
    }
  }).observe(document.getElementById("evidence"), { childList: true });
  document.querySelector("td.is-failed, td.is-silent").click();
})
"""
STEPS = (("status", "failed"), ("format", "h5"), ("format", ""), ("fixture", "fixture_07"), ("fixture", ""), ("status", ""))


def opening(browser: Browser, address: str) -> tuple[float, Page]:
    """Open the page in a profile of its own; return the milliseconds from the beginning to the second frame with data in it."""
    page = browser.new_context(viewport={"width": 1600, "height": 1000}).new_page()
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return float(page.evaluate(FRAMES)), page


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure the page of a large run in Chromium")
    parser.add_argument("--output", type=Path, help="keep the page here")
    parser.add_argument("--run", type=Path, help="a run.jsonl instead of the large one")
    given = parser.parse_args()
    run = read_run(given.run) if given.run else large_run()
    begin = time.monotonic()
    text = render(run)
    rendered = time.monotonic() - begin
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        place = (given.output or Path(folder)).absolute()
        place.mkdir(parents=True, exist_ok=True)
        file = place / "report.html"
        file.write_text(text, encoding="utf-8")
        print(f"cells {len(run.outcomes)}, page {file.stat().st_size / 1e6:.1f} MB, written in {rendered:.1f} s")
        opened = []
        for _ in range(TRIES):
            milliseconds, page = opening(browser, file.as_uri())
            opened.append(milliseconds)
        say("opens and is drawn", opened)
        for view in ("formats", "fixtures", "directions", "worst"):
            page.click(f"#views a[data-view={view}]")
            page.wait_for_selector("#view[data-drawn]")
            page.evaluate(FRAMES)
            say(f"filters in the view {view}", [float(page.evaluate(FILTER, list(step))) for _ in range(TRIES) for step in STEPS])
        page.click("#views a[data-view=formats]")
        page.evaluate(FRAMES)
        say("filters in the view formats, with all that is out of sight", [float(page.evaluate(WHOLE, list(step))) for step in STEPS])
        say("opens a cell", [float(page.evaluate(OPEN))])
    return 0


def say(what: str, milliseconds: list[float]) -> None:
    """Print one figure."""
    print(f"{what}: at most {max(milliseconds):.0f} ms, median {median(milliseconds):.0f} ms of {len(milliseconds)}")


if __name__ == "__main__":
    sys.exit(main())
