"""Runs for the tests of the page, and what can be read off the page to compare with what Python says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page

from runner.history import Stretch
from runner.judge import Judgement
from runner.model import Check, CheckResult, ErrorInfo, Outcome, Reason, Run, Status, WarningInfo
from tests.unit.samples import HOSTILE, QUICK, build, full_run, load, run_of, save

SCRIPT = (
    '</script><script>window.ran=1</script><img src=x onerror="window.ran=1">\'"><svg onload=window.ran=1></svg>'
    "<iframe srcdoc='<script>parent.ran=1</script>'></iframe><!-- {{ 7*7 }} ${7*7} javascript:window.ran=1 "
)
EVIL = SCRIPT + HOSTILE


PAST = Stretch(
    status=Status.PASSED,
    reason=None,
    first="20261101-000000-aaaa",
    first_started="2026-11-01T00:00:00",
    last="20261110-000000-bbbb",
    last_started="2026-11-10T00:00:00",
    runs=9,
)
"""Nine runs that said the same of a cell."""


def judged(*banner: str, unexpected: str = "") -> Judgement:
    """Return a judgement with a banner, or with news and rules that are wrong, each in these words."""
    news = {unexpected: unexpected} if unexpected else {}
    return Judgement(exit_code=1, text="unexpected", expects=bool(news), unexpected=news, problems=tuple(news), banner=banner)


def sample_run() -> Run:
    """Return a run of six environments with a bit of everything and one cell with all kinds of evidence."""
    run = full_run(QUICK)
    facts = {name: {"facts": {"python": "3.11.7", "packages": {"numpy": f"1.{20 + place}.0"}}} for place, name in enumerate(QUICK)}
    built = [build(name, notes=facts[name]) for name in QUICK]
    return run_of(*run.outcomes.values(), *built, rich(), environments=QUICK)


def rich() -> Outcome:
    """Return a failed load of which everything is known."""
    return load(
        (QUICK[0], QUICK[3]),
        "functional",
        "h5",
        "load-model",
        Status.FAILED,
        Reason.OUTPUTS_DIFFER,
        checks={Check.LOADED: CheckResult.PASSED, Check.WEIGHTS: CheckResult.PASSED, Check.OUTPUTS: CheckResult.FAILED},
        differences={"outputs": 0.73},
        error=ErrorInfo(
            type="ValueError", message="the message of the error", traceback="Traceback\n  File model.py, line 3", phase="outputs"
        ),
        warnings=(WarningInfo(category="UserWarning", message="a warning of it", partial=True),),
        diagnosis={
            "cause": "the cause",
            "class": "semantics",
            "remedy": "usually helps (untried): the remedy",
            "detail": "its detail",
            "link": "https://github.com/a/b/issues/1",
        },
        notes={
            "checks": {"outputs": {"bit_equal": False, "count": None, "differing": ["all zeros"]}},
            "why": "why it is so",
            "something": "a note",
        },
        log="the end of the log",
        confirmed=True,
        memory_peak_mb=321.0,
    )


def evil_run() -> Run:
    """Return a run in which every text that comes from outside is hostile."""
    more: dict[str, Any] = {
        "error": ErrorInfo(type=EVIL, message=EVIL, traceback=EVIL * 3, phase=EVIL),
        "warnings": (WarningInfo(category=EVIL, message=EVIL, partial=True),),
        "diagnosis": {"cause": EVIL, "class": EVIL, "remedy": EVIL, "detail": EVIL, "link": f"https://github.com/{EVIL}"},
        "notes": {EVIL: EVIL, "why": EVIL, "confirmed_by": EVIL, "checks": {"outputs": EVIL}, "differences": {"outputs": EVIL}},
        "checks": {Check.LOADED: CheckResult.PASSED, Check.OUTPUTS: CheckResult.FAILED},
        "phase": EVIL,
        "reused_from": EVIL,
        "log": EVIL,
    }
    evil = load((EVIL, QUICK[0]), EVIL, EVIL, EVIL, Status.FAILED, Reason.OUTPUTS_DIFFER, **more)
    facts = {"facts": {"python": EVIL, "packages": {"numpy": EVIL, "keras": SCRIPT}}}
    blocked = load((EVIL, QUICK[1]), EVIL, EVIL, EVIL, Status.BLOCKED, Reason.BLOCKED_BY, blocked_by=EVIL)
    fault = {"fault": EVIL, "notes": {"fault": {"save": EVIL, "left": {"files": 1}}}}
    faulty = save(EVIL, SCRIPT, EVIL, Status.FAILED, Reason.SAVE_RAISED, **{**more, **fault})
    run = run_of(evil, blocked, faulty, build(EVIL, notes=facts), build(QUICK[0]), environments=(EVIL, *QUICK[:2]))
    header = run.header.model_copy(
        update={
            "run": EVIL,
            "engine": EVIL,
            "profile": EVIL,
            "started": EVIL,
            "matrix": EVIL,
            "environments": {EVIL: {"tensorflow": EVIL, EVIL: EVIL}, **{name: {"tensorflow": "2.15"} for name in QUICK[:2]}},
        }
    )
    return Run(path=run.path, header=header, outcomes=run.outcomes, footer=run.footer)


@dataclass(frozen=True)
class Seen:
    """A cell of a table on the page: its sign, its number, its colour's name, and what a screen reader says."""

    sign: str
    number: str
    name: str
    spoken: str


READ = """
(id) => [...document.querySelectorAll(`#${id} tbody tr`)].map((row) => [
  row.cells[0].textContent,
  [...row.cells].slice(1).map((cell) => cell.classList.contains("open") ? [cell.textContent, cell.className, cell.ariaLabel] : null),
])
"""


def read_grid(page: Page, id_: str) -> dict[tuple[str, str], Seen]:
    """Return the cells of a grid by the headings of their row and column."""
    heads = page.evaluate("(id) => [...document.querySelectorAll(`#${id} thead tr:last-child th`)].map((head) => head.textContent)", id_)
    found = {}
    for row, cells in page.evaluate(READ, id_):
        for head, cell in zip(heads, cells, strict=True):
            if cell is not None:
                sign, _, number = cell[0].partition("\n")
                name = next(word for word in cell[1].split() if word.startswith("is-")).removeprefix("is-")
                found[row, head] = Seen(sign, number, name, cell[2])
    return found


def cells_printed(page: Page, pages: str) -> int:
    """Return how many cells of tables stand on printed pages, by the structure that a tagged PDF has for screen readers."""
    data = page.pdf(prefer_css_page_size=True, page_ranges=pages, tagged=True)
    return len(re.findall(rb"/S\s*/TD\b", data))
