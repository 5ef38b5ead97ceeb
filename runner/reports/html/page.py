"""The page itself: style, script and data in one file, with a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from importlib import resources
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from runner.judge import Judgement, judge
from runner.model import Run, Status
from runner.reports.clean import one_line
from runner.reports.glyphs import GLYPHS, SILENT
from runner.reports.html.data import page_data
from runner.reports.html.evidence import History
from runner.reports.html.pack import pack
from runner.reports.judged import BANNER, known_text, sections
from runner.reports.next_steps import COMMAND
from runner.reports.palette import SILENT as SILENT_NAME
from runner.reports.tables import Tables, Totals, pivot
from runner.reports.terminal import denominators
from runner.reports.tints import DARK_SHADES, LIGHT_SHADES
from runner.reports.words import duration

SCRIPTS = ("unpack", "selection", "elements", "state", "grid", "views", "worst", "panel", "page")
"""The parts of the page's script, in the order in which they stand in it."""

_PARTS = resources.files("runner.reports.html").joinpath("parts")
_TEMPLATES = Environment(
    loader=PackageLoader("runner.reports.html", "parts"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(run: Run, *, command: tuple[str, ...] = COMMAND, judgement: Judgement | None = None, history: History | None = None) -> str:
    """Return the page of a run as one HTML document.

    `judgement` is what the run amounts to against what was expected of it, `history` what became of cells over time.
    """
    tables = pivot(run)
    found = judgement or judge(run)
    data = page_data(run, tables, command=command, history=history)
    style, script = _style(), _script()
    return _TEMPLATES.get_template("page.html.j2").render(
        title=f"TensorFlow compatibility matrix, {one_line(tables.run)}",
        policy=_policy(style, script),
        style=Markup(style),
        script=Markup(script),
        run=one_line(tables.run),
        facts=_facts(tables),
        banner=[one_line(line, limit=1000) for line in (BANNER, *found.banner)] if found.banner else [],
        news=_news(found),
        known=f"{known_text(found)}; {found.text}" if found.expects else "",
        state=_state(tables),
        counts=denominators(tables.totals) if tables.totals.planned else "",
        sentences=_sentences(tables.totals),
        tiles=_tiles(tables.totals),
        share=_share(tables.totals),
        legend=[(str(status), glyph.sign, glyph.text) for status, glyph in GLYPHS.items()] + [(SILENT_NAME, SILENT.sign, SILENT.text)],
        faults=bool(tables.damage.rows or tables.damage.absent),
        index=Markup(pack(data.index)),
        chunks=[Markup(pack(chunk)) for chunk in data.chunks],
    )


def _news(judgement: Judgement) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return what is unexpected: titles with cells, each with the fragment that opens it, and why. Problems of rules have no fragment."""
    return [
        (
            title,
            [(f"#cell={quote(id_, safe='/@')}" if why else "", one_line(id_, limit=1000), one_line(why, limit=400)) for id_, why in cells],
        )
        for title, cells in sections(judgement)
    ]


def _script() -> str:
    # Not templates: what stands in them stands in the page.
    parts = [_PARTS.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "\n})();\n"


def _style() -> str:
    return _TEMPLATES.get_template("page.css.j2").render(light=LIGHT_SHADES, dark=DARK_SHADES)


def _policy(style: str, script: str) -> str:
    """Return the content security policy: this style, this script, and nothing else from anywhere."""
    rules = {
        "default-src": "'none'",
        "style-src": _digest(style),
        "script-src": _digest(script),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _facts(tables: Tables) -> list[str]:
    took = duration(tables.seconds) if tables.seconds is not None else ""
    state = "complete" if tables.complete else ""
    started = f"started {_moment(tables.started)}"
    words = (state, f"engine {tables.engine}", f"profile {tables.profile}", started, took and f"took {took}")
    return [one_line(word) for word in words if word]


def _moment(text: str) -> str:
    """Return a time as people read it, to the minute; what is no time as it is."""
    try:
        moment = datetime.fromisoformat(text)
        return f"{moment.astimezone(UTC) if moment.tzinfo else moment:%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return text


def _state(tables: Tables) -> str:
    """Return what is to be known of a run that did not come to its end."""
    if tables.complete:
        return ""
    how = "was interrupted" if tables.finished else "is still running, or was interrupted"
    return f"This run {how}: what follows is what there is so far."


def _sentences(totals: Totals) -> list[str]:
    """Return what the numbers above do not say: what was taken over, why cells are blocked, how many carry a cause."""
    if not totals.planned:
        return ["Nothing was planned, so there is nothing to show."]
    wrong = totals.degraded + totals.failed
    found = [f"{totals.reused:,} of {totals.planned:,} results taken from earlier runs"] if totals.reused else []
    found += [f"{count:,} blocked by {status} cells" for status, count in totals.blocked_by]
    if wrong:
        # Rounded down: all is all.
        found.append(f"{totals.explained:,} of {wrong:,} failed or degraded cells carry a cause ({100 * totals.explained // wrong} %)")
    return found


def _tiles(totals: Totals) -> list[tuple[str, str, int]]:
    """Return the numbers on top: the name of the colour, what is counted, and how many."""
    loud = totals.failed - totals.silent
    return [
        ("", "planned", totals.planned),
        ("", "ran", totals.ran),
        (Status.PASSED, "passed", totals.passed),
        (Status.DEGRADED, "degraded", totals.degraded),
        (Status.FAILED, "failed, and said so" if totals.silent else "failed", loud),
        (SILENT_NAME, "failed silently", totals.silent),
        (Status.UNSUPPORTED, "unsupported", totals.unsupported),
        (Status.BLOCKED, "blocked", totals.blocked),
        (Status.ERRORED, "errored", totals.errored),
        (Status.NOT_RUN, "not run", totals.not_run),
    ]


def _share(totals: Totals) -> list[tuple[str, float, float]]:
    """Return the bar below the numbers: colour, beginning and width of each part, in thousandths of the planned cells."""
    parts, begin = [], 0.0
    for name, _, count in _tiles(totals)[2:]:
        width = 1000 * count / totals.planned if totals.planned else 0.0
        if width:
            parts.append((name, round(begin, 2), round(width, 2)))
        begin += width
    return parts
