"""The page of a run without a browser: what is in its data, and that the file lets nothing in and nothing out."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.diagnose import UNKNOWN
from runner.formats import KINDS, LOADERS, kind_of
from runner.judge import Judgement
from runner.model import Check, Diagnosis, Outcome, Reason, Run, Stage, Status
from runner.reports.evidence import gather
from runner.reports.html.data import NONE, STAGES, STATUSES, page_data
from runner.reports.html.evidence import CHUNK
from runner.reports.html.pack import Texts, pack, unpack
from runner.reports.html.page import SCRIPTS, render
from runner.reports.html.words import check_words, lines_of
from runner.reports.next_steps import options, reproduce_command, show_command
from runner.reports.palette import DARK, LIGHT, SILENT
from runner.reports.tables import pivot
from runner.reports.tints import DARK_SHADES, FEW, LIGHT_SHADES, MOST, shade_of
from runner.standing import is_silent
from tests.unit.samples import FULL, HOSTILE, QUICK, build, error, full_run, load, run_of, save

PARTS = resources.files("runner.reports.html").joinpath("parts")
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{ 7*7 }}{% raw %}<!--" + HOSTILE


class Page(HTMLParser):
    """A page as parsed: its tags with attributes, and what stands in `style` and `script`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[tuple[dict[str, str | None], str, str]] = []
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = (tag, dict(attrs)) if tag in ("style", "script") else None
        if self._open:
            self.inside.append((dict(attrs), tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            attrs, tag, before = self.inside[-1]
            self.inside[-1] = (attrs, tag, before + data)

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]

    def data(self, id_: str) -> Any:
        return unpack(next(text for attrs, _, text in self.inside if attrs.get("id") == id_))


def names(run: Run) -> tuple[dict[str, Any], list[dict[str, str | None]]]:
    """Return the index of a run's page, and each of its cells with names instead of numbers."""
    index = page_data(run, pivot(run)).index
    columns = index["columns"]
    lists = {
        "stage": index["stages"],
        "producer": [one["id"] for one in index["environments"]],
        "consumer": [one["id"] for one in index["environments"]],
        "fixture": index["fixtures"],
        "format": [one["name"] for one in index["formats"]],
        "loader": [one["name"] for one in index["loaders"]],
        "status": [one["name"] for one in index["statuses"]],
        "reason": [one["name"] for one in index["reasons"]],
    }
    count = len(columns["stage"])
    cells = [{name: None if columns[name][n] == NONE else lists[name][columns[name][n]] for name in lists} for n in range(count)]
    return index, cells


def test_every_cell_is_in_the_columns_under_its_own_names() -> None:
    run = full_run(FULL)
    index, cells = names(run)
    found = {}
    for number, cell in enumerate(cells):
        fields = ("stage", "producer", "consumer", "fixture", "format", "loader")
        found["/".join(cell[name] or "" for name in fields if cell[name])] = (cell, index["columns"]["silent"][number])
    assert not index["ids"]
    assert found.keys() == run.outcomes.keys()
    for id_, (cell, silent) in found.items():
        outcome = run.outcomes[id_]
        assert (cell["status"], cell["reason"], bool(silent)) == (outcome.status, outcome.reason, is_silent(outcome))


def test_ids_that_do_not_follow_from_the_fields_are_kept() -> None:
    odd = load(("a", "b"), "f", "h5", "load-model").model_copy(update={"id": "load/elsewhere"})
    index, _ = names(run_of(odd, build("a"), environments=("a", "b")))
    assert list(index["ids"].values()) == ["load/elsewhere"]


def test_environments_are_ranked_by_what_they_have_and_equal_ones_are_equal() -> None:
    run = run_of(environments=("tf2.9-py39", "tf2.16-py311", "tf2.16-py312", "tf2.10-py310"))
    odd = run.header.model_copy(update={"environments": {**run.header.environments, "mine": {"tensorflow": "newest"}}})
    index, _ = names(Run(path=run.path, header=odd))
    assert [one["rank"] for one in index["environments"]] == [0, 2, 2, 1, NONE]


def test_causes_are_told_apart_and_keep_their_key_from_run_to_run() -> None:
    pair = QUICK[:2]

    def failed(fixture: str, cause: str = "", message: str = "") -> Outcome:
        told = Diagnosis.model_validate({"cause": cause, "class": "misuse", "remedy": "r"}) if cause else None
        raised = error("ValueError", message or "x")
        return load(pair, fixture, "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, diagnosis=told, error=raised)

    def keys(*outcomes: Outcome) -> dict[str, str]:
        index, cells = names(run_of(*outcomes))
        numbers = index["columns"]["cause"]
        return {str(cell["fixture"]): index["causes"][n]["key"] for cell, n in zip(cells, numbers, strict=True) if n != NONE}

    one = keys(
        failed("a", "first"), failed("b", "first"), failed("c", "second"), failed("d", message="odd thing 17"), failed("e", message="odder")
    )
    assert one["a"] == one["b"]
    assert len(set(one.values())) == 4
    assert keys(failed("c", "second"))["c"] == one["c"]
    assert keys(failed("d", message="odd thing 18"))["d"] == one["d"]


def test_an_unknown_cause_shows_its_message() -> None:
    raised = error("OddError", "never seen before")
    run = run_of(load(QUICK[:2], "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, error=raised))
    (cause,) = names(run)[0]["causes"]
    assert cause["class"] == UNKNOWN.class_ and cause["error"] == "OddError: never seen before"


def test_the_evidence_of_each_cell_stands_in_its_place() -> None:
    run = full_run(QUICK)
    data = page_data(run, pivot(run))
    assert [len(chunk["cells"]) for chunk in data.chunks[:-1]] == [CHUNK] * (len(data.chunks) - 1)
    _, cells = names(run)
    for number, cell in enumerate(cells):
        chunk = data.chunks[number // CHUNK]
        packed = chunk["cells"][number % CHUNK]
        id_ = "/".join(str(value) for name, value in cell.items() if value and name not in ("status", "reason"))
        known = gather(run, id_)
        refused = not known.ladder and known.outcome.stage is Stage.LOAD and known.outcome.status is Status.FAILED
        assert len(packed.get("checks", [])) == (len(Check) if refused else len(known.ladder))
        if known.outcome.error:
            said, phase, trace = (chunk["texts"][n] for n in packed["error"])
            assert said == f"{known.outcome.error.type}: {known.outcome.error.message}"
            assert (phase, trace) == (known.outcome.error.phase, known.outcome.error.traceback)
        needed = packed.get("needed", [])
        assert len(needed) == len(known.needed)


def test_the_same_run_gives_the_same_page() -> None:
    assert render(full_run(QUICK)) == render(full_run(QUICK))


def test_commands_are_those_of_the_terminal_and_name_the_run() -> None:
    run = full_run(QUICK)
    commands = page_data(run, pivot(run)).index["commands"]
    id_ = next(iter(run.outcomes))
    given = options(run.path, run.header.matrix, newest=False)
    assert id_.join(commands["reproduce"]) == reproduce_command(id_, given)
    # When the page is read there may be newer runs, of which the command without a name would speak.
    assert given.run
    assert id_.join(commands["show"]) == show_command(id_, given)


def test_a_cell_that_a_blocked_one_needed_and_nobody_recorded_is_named() -> None:
    run = run_of(load(QUICK[:2], "a", "h5", "load-model", Status.BLOCKED, Reason.BLOCKED_BY, blocked_by="save/gone"))
    (chunk,) = page_data(run, pivot(run)).chunks
    number, text = chunk["cells"][0]["needed"][0]
    assert number == -1 and chunk["texts"][text] == "save/gone"


# The file


def test_the_policy_lets_in_this_style_and_this_script_and_nothing_else() -> None:
    page = Page(render(full_run(QUICK)))
    (policy,) = [attrs["content"] or "" for attrs in page.of("meta") if attrs.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    digests = {
        tag: f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for attrs, tag, text in page.inside
        if not attrs.get("type")
    }
    assert rules["script-src"] == digests["script"] and rules["style-src"] == digests["style"]
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'" and rules["trusted-types"] == "'none'"
    assert "unsafe" not in policy and "http" not in policy


def test_the_page_names_no_address_from_which_anything_would_come() -> None:
    page = Page(render(full_run(QUICK)))
    addresses = [
        value or "" for _, attrs in page.tags for name, value in attrs.items() if name in ("src", "href", "action", "srcset", "data")
    ]
    assert all(address.startswith("#") or address == "data:," for address in addresses)
    styles = [text for _, tag, text in page.inside if tag == "style"]
    assert not re.search(r"url\(|@import", "".join(styles))
    assert not [attrs for _, attrs in page.tags if any(name.startswith("on") or name == "style" for name in attrs)]


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_makes_html_or_code_of_text(name: str) -> None:
    text = PARTS.joinpath(f"{name}.js").read_text(encoding="utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|createContextualFragment|</script"
    assert not re.search(forbidden, text)
    assert len(text.splitlines()) <= 300


def test_every_part_is_used() -> None:
    there = {Path(str(part)).name for part in PARTS.iterdir()}
    assert there == {*(f"{name}.js" for name in SCRIPTS), "page.html.j2", "page.css.j2"}


def hostile(text: str) -> Run:
    raised = error(text, text)
    told = Diagnosis.model_validate(dict.fromkeys(("cause", "class", "remedy", "detail", "link"), text))
    first = load(
        (text, QUICK[1]), text, text, text, Status.FAILED, Reason.LOAD_RAISED, error=raised, diagnosis=told, log=text, notes={"why": text}
    )
    second = save(text, text, text, Status.FAILED, Reason.SAVE_RAISED, error=raised, fault=text)
    run = run_of(first, second, build(text), environments=(text, QUICK[1]))
    return Run(path=run.path, header=run.header.model_copy(update={"run": text, "engine": text}), outcomes=run.outcomes, footer=run.footer)


def judgement(text: str) -> Judgement:
    return Judgement(exit_code=1, text=text, expects=True, unexpected={text: text}, problems=(text,), banner=(text,))


@settings(deadline=None, max_examples=40)
@given(
    st.one_of(
        st.just(EVIL),
        st.text(alphabet="<>/&\"'`-!= \nscriptalendy{}%#\x00\u2028", min_size=1, max_size=60),
        st.text(min_size=1, max_size=40),
    )
)
def test_no_text_becomes_markup_or_script(text: str) -> None:
    plain = Page(render(hostile("plain")))
    page = Page(render(hostile(text), judgement=judgement(text)))
    expected = [tag for tag, _ in Page(render(hostile("plain"), judgement=judgement("plain"))).tags]
    assert [tag for tag, _ in page.tags] == expected
    assert [text for attrs, _, text in page.inside if not attrs.get("type")] == [
        text for attrs, _, text in plain.inside if not attrs.get("type")
    ]
    assert page.data("index")["columns"].keys() == plain.data("index")["columns"].keys()


def test_only_threads_on_github_become_links() -> None:
    def link(address: str) -> str:
        told = Diagnosis.model_validate({"cause": "c", "class": "misuse", "link": address})
        run = run_of(load(QUICK[:2], "a", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED, diagnosis=told))
        return str(names(run)[0]["causes"][0]["link"])

    assert link("https://github.com/keras-team/keras/issues/1") == "https://github.com/keras-team/keras/issues/1"
    assert {link(bad) for bad in ("javascript:alert(1)", "https://example.invalid/", "https://github.com/a b", "data:text/html,x")} == {""}


# Packing


@given(
    st.recursive(st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
)
def test_what_is_packed_comes_back(value: Any) -> None:
    text = pack(value)
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", text)
    assert unpack(text) == json.loads(json.dumps(value).encode("utf-8", "replace")) or "\\ud" in json.dumps(value)


def test_a_text_is_kept_once() -> None:
    texts = Texts()
    assert [texts.number(text) for text in ("", "a", "b", "a", "")] == [0, 1, 2, 1, 0]
    assert texts.all == ["", "a", "b"]


def test_every_loader_brings_back_one_kind_of_thing() -> None:
    assert sorted(loader for loaders in KINDS.values() for loader in loaders) == sorted(LOADERS)
    assert all(loader in KINDS[kind_of(loader)] for loader in LOADERS)


def test_the_numbers_of_statuses_and_stages_are_those_of_the_script() -> None:
    script = PARTS.joinpath("unpack.js").read_text(encoding="utf-8")
    assert [int(re.search(rf"const {stage.upper()} = (\d)", script)[1]) for stage in Stage] == list(range(len(STAGES)))  # type: ignore[index]
    assert tuple(Status) == STATUSES


# Colours


def channels(colour: str) -> list[float]:
    """Return the linear red, green and blue of a colour, each from 0 to 1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""
    light = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), channels(colour), strict=True)) for colour in (one, other)), reverse=True
    )
    return (light[0] + 0.05) / (light[1] + 0.05)


SEEN_BY = {
    "everybody": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "who sees no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "who sees no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "who sees no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
"""How linear colours look to people with a kind of colour blindness: the matrices of Machado, Oliveira and Fernandes (2009)."""


def lab(colour: str, matrix: tuple[tuple[float, ...], ...]) -> list[float]:
    """Return a colour, as somebody sees it, in CIE L*a*b*."""
    red, green, blue = (min(1.0, max(0.0, sum(w * c for w, c in zip(row, channels(colour), strict=True)))) for row in matrix)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_colour(palette: dict[str, Any]) -> None:
    assert palette.keys() == {*map(str, Status), SILENT}
    shades = LIGHT_SHADES if palette is LIGHT else DARK_SHADES
    assert palette.items() <= shades.items()
    assert all(contrast(colour.back, colour.text) >= 4.5 for colour in shades.values())


@pytest.mark.parametrize("who", SEEN_BY)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_what_was_found_out_is_told_apart_by_everybody(palette: dict[str, Any], who: str) -> None:
    ran = (Status.PASSED, Status.DEGRADED, Status.FAILED, SILENT)
    for one, other in combinations(ran, 2):
        pair = [lab(palette[name].back, SEEN_BY[who]) for name in (one, other)]
        distance = sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5
        assert distance >= 15, f"{one} and {other} look alike to {who}: {distance:.0f}"


@pytest.mark.parametrize("who", SEEN_BY)
@pytest.mark.parametrize("shades", [LIGHT_SHADES, DARK_SHADES], ids=["light", "dark"])
def test_a_pale_colour_is_not_taken_for_that_of_another_status(shades: dict[str, Any], who: str) -> None:
    ran = [name for name in shades if name.startswith((Status.PASSED, Status.DEGRADED, Status.FAILED, SILENT))]
    for one, other in combinations(ran, 2):
        pair = [lab(shades[name].back, SEEN_BY[who]) for name in (one, other)]
        distance = sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5
        assert one.partition("-")[0] == other.partition("-")[0] or distance >= 9, f"{one}, {other}, {who}: {distance:.0f}"


def test_the_steps_of_the_script_are_those_of_the_pictures() -> None:
    script = PARTS.joinpath("grid.js").read_text(encoding="utf-8")
    assert "const FEW = 1 / 3;" in script and "const MOST = 2 / 3;" in script
    assert (FEW, MOST) == (1 / 3, 2 / 3)
    found = [shade_of(name, share) for name in (Status.FAILED, Status.BLOCKED, SILENT) for share in (0.0, 0.5, 11 / 12)]
    assert found == ["failed-few", "failed", "failed-most", "blocked", "blocked", "blocked-most", *[SILENT] * 3]


# Words


def test_what_a_check_noted_is_said_in_words() -> None:
    outputs = {"bit_equal": False, "count": None, "differing": ["the usual inputs", "all zeros"], "raised": []}
    assert check_words(Check.OUTPUTS, outputs) == "differs for: the usual inputs, all zeros"
    assert check_words(Check.OUTPUTS, {**outputs, "bit_equal": True, "differing": []}) == "equal bit for bit"
    assert check_words(Check.WEIGHTS, {"matched_by": "name", "differing": ["a/bias"]}) == "matched by: name · differs in: a/bias"
    assert check_words(Check.OPTIMIZER, {"problems": ["8 of 8 slots differ"], "slots_found": 0}) == "8 of 8 slots differ · slots found: 0"
    assert check_words(Check.OUTPUTS, None) == "" and check_words(Check.OUTPUTS, "odd") == "odd"


def test_what_was_tried_is_a_list_of_lines() -> None:
    tries = [
        {"isolation": "shared", "reason": "load-raised", "said": "ValueError: x", "status": "failed"},
        {"isolation": "process", "reason": None, "said": "", "status": "passed"},
    ]
    assert lines_of("attempts", tries) == ["failed: load-raised, in a forked child, ValueError: x", "passed, in a fresh process"]
    assert lines_of("files", [{"path": "m", "bytes": 3}, {}] * 15) == ["path: m, bytes: 3"] * 10 + ["and 10 more"]
    assert lines_of("more", {"deep": {"er": [True, False, None, [1, []]]}}) == ["deep: er: yes, no, 1"]
    assert lines_of("none", [None, "", {}]) == lines_of("none", {"a": []}) == []


@given(st.recursive(st.text() | st.integers() | st.none() | st.booleans(), lambda i: st.lists(i) | st.dictionaries(st.text(), i)))
def test_any_note_becomes_words(value: Any) -> None:
    assert all(isinstance(line, str) and line for name in ("attempts", "x") for line in lines_of(name, value))
    assert isinstance(check_words(Check.OUTPUTS, value), str)


@pytest.mark.parametrize(
    ("given_", "shown"),
    [
        ("2026-11-21T22:42:58+00:00", "2026-11-21 22:42 UTC"),
        ("2026-11-21T23:42:58+01:00", "2026-11-21 22:42 UTC"),
        ("2026-11-21T22:42:58", "2026-11-21 22:42 UTC"),
        ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
        ("yesterday", "yesterday"),
    ],
)
def test_the_beginning_is_told_to_the_minute(given_: str, shown: str) -> None:
    run = run_of(build("a"))
    page = render(replace(run, header=run.header.model_copy(update={"started": given_})))
    assert f"started {shown} ·" in page or f"started {shown}<" in page


def test_the_canary_is_no_cell_of_the_page() -> None:
    run = run_of(save("tf2.15", "a", "h5"), save("tf2.15", "b", "h5", canary="broken"))
    run = replace(run, header=run.header.model_copy(update={"planned": 2, "canaries": 1}))
    index = page_data(run, pivot(run)).index
    assert (len(index["columns"]["status"]), index["unreached"], index["fixtures"]) == (1, 0, ["a"])
