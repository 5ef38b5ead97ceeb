"""The page of a run in a real browser: it shows what Python counts, finds its way by links and keys, and asks nobody for anything."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import expect

from runner.formats import kind_of
from runner.model import Outcome, Reason, Run, Stage, Status
from runner.reports.glyphs import fraction, glyph_of
from runner.reports.palette import look_of
from runner.reports.picture.layout import KNOWN
from runner.reports.tables import fold, pivot
from runner.standing import is_silent
from tests.browser.conftest import Opener
from tests.browser.pages import EVIL, PAST, Seen, cells_printed, evil_run, judged, read_grid, rich, sample_run
from tests.unit.samples import QUICK, load, run_of, save

pytestmark = pytest.mark.browser

RICH = rich().id
"""The cell of which everything is known."""


def loads(run: Run) -> list[Outcome]:
    return [outcome for outcome in run.outcomes.values() if outcome.stage is Stage.LOAD]


def test_it_opens_from_the_disk_and_asks_nobody(opened: Opener) -> None:
    page = opened(sample_run(), judgement=judged("the canary of tf2.18 is wrong"))
    for view in ("fixtures", "directions", "worst", "formats"):
        page.page.click(f"#views a[data-view={view}]")
        page.page.wait_for_selector(f"#views a[data-view={view}][aria-current]")
    page.page.locator("td.open").first.click()
    expect(page.page.locator("#panel-title")).to_be_visible()
    assert page.asked == [page.address]
    assert page.said == []


def test_nothing_can_be_fetched_even_by_a_script_of_its_own(opened: Opener) -> None:
    page = opened(sample_run()).page
    tried = page.evaluate("() => fetch('https://example.invalid/').then(() => 'reached', (error) => error.name)")
    assert tried == "TypeError"
    written = page.evaluate(
        "() => { try { document.body.innerHTML = '<b>x</b>'; return 'written'; } catch (error) { return error.name; } }"
    )
    assert written == "TypeError"


def test_every_cell_says_what_the_tables_say(opened: Opener) -> None:
    run = sample_run()
    tables = pivot(run)
    page = opened(run).page
    titles = page.locator("#view h2").all_text_contents()
    grids = sorted(tables.grids, key=lambda grid: KNOWN.index(grid.format))
    assert titles == [grid.format for grid in grids] != [grid.format for grid in tables.grids]
    ids = page.locator("#view table[role=grid]").evaluate_all("(grids) => grids.map((grid) => grid.id)")
    for grid, id_ in zip(grids, ids, strict=True):
        wanted = {(producer, "saved"): cell for producer, cell in grid.saves.items()} | grid.cells
        shown = read_grid(page, id_)
        assert shown.keys() == wanted.keys()
        for where, cell in wanted.items():
            seen = shown[where]
            assert (seen.sign, seen.number, seen.name) == (glyph_of(cell).sign, fraction(cell), look_of(cell)), where
            assert glyph_of(cell).text in seen.spoken
            assert all(name in seen.spoken for name in (*where, grid.format) if name != "saved")


@pytest.mark.parametrize(
    ("fragment", "chosen"),
    [
        ("fixture=functional", lambda o: o.fixture == "functional"),
        ("format=h5&loader=load-weights", lambda o: o.format == "h5" and o.loader == "load-weights"),
        ("status=failed", lambda o: o.status is Status.FAILED),
        ("status=silent", is_silent),
        ("status=unsupported&format=keras-v3", lambda o: o.status is Status.UNSUPPORTED and o.format == "keras-v3"),
        ("direction=backward", lambda o: o.stage is Stage.LOAD and QUICK.index(o.consumer or "") < QUICK.index(o.producer or "")),
        ("fixture=nobody-has-it", lambda o: False),
    ],
)
def test_a_filter_leaves_what_it_should_and_says_of_how_many(opened: Opener, fragment: str, chosen: object) -> None:
    run = sample_run()
    left = [outcome for outcome in run.outcomes.values() if chosen(outcome)]  # type: ignore[operator]
    counts = Counter(outcome.status for outcome in left)
    said = opened(run, fragment).page.locator("#selected").text_content() or ""
    assert said.startswith(f"{len(left)} of {len(run.outcomes)} cells selected: ")
    ran = counts[Status.PASSED] + counts[Status.DEGRADED] + counts[Status.FAILED]
    for words in (
        f"{ran} ran",
        f"{counts[Status.FAILED]} failed",
        f"{counts[Status.ERRORED]} errored",
        f"{counts[Status.NOT_RUN]} not run",
    ):
        assert words in said


def test_with_a_status_chosen_the_number_is_of_how_many(opened: Opener) -> None:
    run = sample_run()
    page = opened(run, "status=failed&format=h5").page
    id_ = page.locator("#view table[role=grid]").get_attribute("id") or ""
    shown = read_grid(page, id_)
    for (producer, consumer), seen in shown.items():
        cells = [o for o in loads(run) if (o.format, o.producer, o.consumer) == ("h5", producer, consumer)]
        if consumer != "saved":
            assert seen.number == f"{sum(o.status is Status.FAILED for o in cells)}/{len(cells)}"
    assert Seen("", "0/8", "none", f"h5, saved in {QUICK[0]}, loaded in {QUICK[1]}: none of 8 cells is selected") in shown.values()


def test_filters_stand_in_the_address_and_come_back_from_it(opened: Opener) -> None:
    page = opened(sample_run()).page
    page.select_option("#filter-format", "h5")
    page.select_option("#filter-status", "silent")
    page.wait_for_url("**#format=h5&status=silent")
    cause = page.locator("#filter-cause option").nth(1).get_attribute("value")
    page.select_option("#filter-cause", cause)
    page.wait_for_url(f"**&cause={cause}")
    before = page.locator("#selected").text_content()
    page.reload()
    page.wait_for_selector("html[data-ready] #view[data-drawn]")
    assert page.locator("#selected").text_content() == before
    assert page.input_value("#filter-cause") == cause
    page.go_back()
    page.wait_for_url("**#format=h5&status=silent")
    page.click("#clear")
    page.wait_for_url(lambda address: not address.partition("#")[2])
    assert page.input_value("#filter-format") == ""
    expect(page.locator("#filter-fixture")).to_be_focused()


def test_a_cell_opens_all_its_evidence(opened: Opener) -> None:
    page = opened(sample_run(), f"cell={RICH}", history={RICH: (PAST,)}).page
    said = page.locator("#panel").inner_text()
    for words in (
        *("failed: outputs-differ", "The load raised nothing, and the outputs are not those of the saved model", "Why it is so"),
        *("Confirmed in a fresh process", "321 MB at most", "largest difference 0.73", "differs for: all zeros"),
        *("The cause", "semantics", "What usually helps (untried)", "The remedy", "its detail", "discussed upstream"),
        *("ValueError: the message of the error", "File model.py, line 3", "in phase outputs"),
        *("of a partial restore", "a warning of it", "a note", "the end of the log"),
        *("numpy", "1.20.0", "1.23.0", f"save/{QUICK[0]}/functional/h5", f"build/{QUICK[3]}"),
        *("passed", "2026-11-01 to 2026-11-10", "9 runs", "20261101-000000-aaaa to 20261110-000000-bbbb"),
        *(f"python -m runner reproduce {RICH}", f"python -m runner show {RICH}"),
    ):
        assert words in said, words
    rungs = page.locator(".ladder li").all_inner_texts()
    assert len(rungs) == 9
    assert "{" not in "".join(rungs)
    assert "not reached" in rungs[-1] and "failed" in next(rung for rung in rungs if "outputs" in rung)


@pytest.mark.parametrize("width", [800, 1366])
def test_a_link_to_a_cell_shows_its_evidence_at_once(opened: Opener, width: int) -> None:
    page = opened(sample_run(), f"cell={RICH}", width=width, height=768).page
    expect(page.locator("#panel-title")).to_be_in_viewport()
    expect(page.locator(".verdict")).to_be_in_viewport()
    if width > 1000:
        # What is beside the drawer is not below it.
        edge = page.locator("#panel").evaluate("(panel) => panel.getBoundingClientRect().left")
        rights = page.locator("#filters select, #clear, .tile, #views a, .scrolling").evaluate_all(
            "(all) => all.map((one) => one.getBoundingClientRect().right)"
        )
        assert max(rights) <= edge


def test_a_load_that_raised_did_not_get_onto_the_ladder(opened: Opener) -> None:
    run = sample_run()
    raised = next(o for o in loads(run) if o.reason is Reason.LOAD_RAISED and not o.checks)
    rungs = opened(run, f"cell={raised.id}").page.locator(".ladder li").all_inner_texts()
    assert [" ".join(rung.split()) for rung in rungs[:2]] == ["✗ loaded failed", "? structure not reached"]
    assert len(rungs) == 9


def test_a_view_that_there_is_not_becomes_the_first_and_the_address_says_so(opened: Opener) -> None:
    page = opened(sample_run(), "view=fixture&format=h5").page
    expect(page.locator("#views a[aria-current]")).to_have_text("By format")
    assert page.url.endswith("#format=h5")


def test_a_cell_of_which_all_passed_has_a_full_bar_and_the_paler_the_more_passed(opened: Opener) -> None:
    pair = (QUICK[0], QUICK[3])
    cells = [load(pair, f"f{number:02}", "h5", "load-model") for number in range(11)]
    bad = [load(pair, f"g{number:02}", "keras-v3", "load-model", Status.FAILED, Reason.LOAD_RAISED) for number in range(11)]
    last = [load(pair, "z", "h5", "load-model", Status.FAILED, Reason.LOAD_RAISED), load(pair, "z", "keras-v3", "load-model")]
    full = load(pair, "z", "checkpoint", "checkpoint-restore")
    page = opened(run_of(*cells, *bad, *last, full, environments=QUICK)).page
    look = "(cell) => [getComputedStyle(cell).backgroundColor, getComputedStyle(cell).backgroundSize]"
    few, most, all_ = (page.locator(f"td[aria-label^='{name},']").evaluate(look) for name in ("keras-v3", "h5", "checkpoint"))
    assert len({few[0], most[0], all_[0]}) == 3
    assert all_[1].startswith("calc(100%"), all_


def test_while_nothing_is_filtered_the_numbers_stand_there_once(opened: Opener) -> None:
    page = opened(sample_run()).page
    expect(page.locator("#selected")).to_be_hidden()
    assert page.locator("#view table").first.bounding_box()["y"] < 420  # type: ignore[index]
    page.select_option("#filter-format", "h5")
    expect(page.locator("#selected")).to_contain_text("cells selected")
    same = [page.locator(name).evaluate("(one) => one.getBoundingClientRect().top") for name in ("#filter-cause", "#clear")]
    assert same[0] == same[1]


def test_every_kind_of_cell_opens(opened: Opener) -> None:
    run = sample_run()
    kinds: dict[object, str] = {}
    for outcome in run.outcomes.values():
        kinds.setdefault((outcome.stage, outcome.status), outcome.id)
    page = opened(run)
    for id_ in kinds.values():
        page.page.evaluate("(id) => { location.hash = `cell=${id}` }", id_)
        expect(page.page.locator("#evidence > .id")).to_have_text(id_)
    assert page.said == []


def test_a_link_to_a_cell_that_is_not_there_says_so(opened: Opener) -> None:
    page = opened(sample_run(), "cell=load/a/b/c/d/e").page
    expect(page.locator("#panel")).to_contain_text("This run has no cell of this name")


def test_a_table_is_gone_about_with_the_keys_alone(opened: Opener) -> None:
    page = opened(sample_run(), "format=h5").page
    page.locator("#clear").focus()
    while page.evaluate("() => document.activeElement.tagName") != "TD":
        page.keyboard.press("Tab")

    def here() -> str:
        return str(page.evaluate("() => document.activeElement.ariaLabel || document.activeElement.tagName"))

    assert here().startswith(f"h5, saved in {QUICK[0]}:")
    page.keyboard.press("ArrowRight")
    assert f"saved in {QUICK[0]}, loaded in {QUICK[0]}:" in here()
    page.keyboard.press("ArrowDown")
    assert f"saved in {QUICK[1]}, loaded in {QUICK[0]}:" in here()
    page.keyboard.press("End")
    assert f"saved in {QUICK[1]}, loaded in {QUICK[-1]}:" in here()
    page.keyboard.press("Control+Home")
    assert here().startswith(f"h5, saved in {QUICK[0]}:")
    page.keyboard.press("ArrowUp")
    assert here().startswith(f"h5, saved in {QUICK[0]}:")
    page.keyboard.press("ArrowRight")
    left = here()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_be_focused()
    expect(page.locator("#panel")).to_contain_text("8 cells here, the worst first")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    assert here() == left
    # The cell that one left is the one to which Tab comes back.
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert here() == left


def test_another_filter_closes_the_panel_and_leaves_the_focus_where_it_is(opened: Opener) -> None:
    page = opened(sample_run()).page
    page.locator("td.open").first.click()
    expect(page.locator("#panel-title")).to_be_focused()
    page.locator("#filter-format").focus()
    page.select_option("#filter-format", "h5")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#filter-format")).to_be_focused()


def test_what_is_behind_a_cell_is_listed_worst_first_and_stays_while_one_reads(opened: Opener) -> None:
    run = sample_run()
    page = opened(run, "format=h5").page
    page.locator(f"td[aria-label^='h5, saved in {QUICK[0]}, loaded in {QUICK[3]}:']").click()
    listed = page.locator(".beside-cells li")
    expect(listed).to_have_count(8)
    assert page.locator("#evidence > .id").text_content() == RICH
    assert "outputs-differ" in (listed.first.text_content() or "")
    listed.nth(3).locator("a").click()
    expect(page.locator("#evidence > .id")).not_to_have_text(RICH)
    expect(listed).to_have_count(8)


def test_the_worst_come_first_and_the_silent_before_them(opened: Opener) -> None:
    run = sample_run()
    page = opened(run, "view=worst").page
    titles = page.locator("#view h2").all_text_contents()
    assert titles[0].strip().endswith(f"{sum(map(is_silent, run.outcomes.values()))} cells") and "Nothing raised" in titles[0]
    assert [title.split()[1] for title in titles[1:]] == ["Failed", "Degraded:", "Errored:", "Blocked:"]
    page.locator("summary", has_text="Show").first.click()
    first = page.locator(".card .cells a").first
    id_ = first.text_content() or ""
    assert is_silent(run.outcomes[id_])
    first.click()
    expect(page.locator("#evidence > .id")).to_have_text(id_)
    page.keyboard.press("Escape")
    expect(first).to_be_focused()


def test_weights_that_work_where_the_model_fails_are_seen_at_a_glance(opened: Opener) -> None:
    run = sample_run()
    wanted = []
    for fixture in sorted({o.fixture or "" for o in loads(run)}):
        both = only = 0
        for pair in {(o.producer, o.consumer) for o in loads(run)}:
            cells = [o for o in loads(run) if (o.producer, o.consumer) == pair and o.fixture == fixture]
            counted = [o for o in cells if o.status in {Status.PASSED, Status.DEGRADED, Status.FAILED} or _blocked_by_failure(o, run)]
            whole = [o for o in counted if kind_of(o.loader or "") == "whole model"]
            weights = [o for o in counted if kind_of(o.loader or "") == "weights"]
            good = [any(o.status in {Status.PASSED, Status.DEGRADED} for o in group) for group in (whole, weights)]
            both += bool(whole and weights)
            only += bool(whole and weights) and good == [False, True]
        if only:
            wanted.append((fixture, f"{only} of {both} pairs"))
    assert wanted
    page = opened(run, "view=fixtures").page
    shown = [(item.locator("a").text_content(), item.locator(".number").text_content()) for item in page.locator(".bars li").all()]
    assert sorted(shown) == sorted(wanted)


def _blocked_by_failure(outcome: Outcome, run: Run) -> bool:
    return outcome.status is Status.BLOCKED and run.outcomes[outcome.blocked_by or ""].status is Status.FAILED


def test_forward_and_backward_are_told_apart(opened: Opener) -> None:
    run = sample_run()
    page = opened(run, "view=directions").page
    for id_, field in (("directions-producer", "producer"), ("directions-consumer", "consumer")):
        shown = read_grid(page, id_)
        assert {column for _, column in shown} == {"forward", "same", "backward"}
        for (name, column), seen in shown.items():
            cells = [o for o in loads(run) if getattr(o, field) == name and _direction(o) == column]
            folded = fold(cells, run.outcomes)
            assert (seen.sign, seen.number) == (glyph_of(folded).sign, fraction(folded)), (name, column)


def _direction(outcome: Outcome) -> str:
    ahead = QUICK.index(outcome.consumer or "") - QUICK.index(outcome.producer or "")
    return "forward" if ahead > 0 else "backward" if ahead < 0 else "same"


def test_what_faults_do_has_a_view_of_its_own_and_no_place_in_the_tables(opened: Opener) -> None:
    told = {"fault": {"save": "raised: OSError", "left": {"files": 1, "bytes": 10}}}
    raised = save(QUICK[0], "sequential@full", "h5", fault="disk_full", notes=told)
    silent = save(
        QUICK[1], "sequential@full", "h5", Status.FAILED, Reason.ARTIFACT_INCOMPLETE, fault="disk_full", notes={"fault": {"save": "silent"}}
    )
    page = opened(run_of(raised, silent, *sample_run().outcomes.values()), "view=faults").page
    row = page.locator("table.plain tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("disk_full")
    expect(row).to_contain_text("raised 1, ≠ SILENT 1")
    row.get_by_role("button").click()
    expect(page.locator("#evidence > .id")).to_have_text(silent.id)
    expect(page.locator(".beside-cells li")).to_have_count(2)
    page.goto(page.url.partition("#")[0] + "#format=h5")
    page.wait_for_selector("#view[data-drawn]")
    assert read_grid(page, page.locator("#view table[role=grid]").get_attribute("id") or "")[QUICK[0], "saved"].number == "4/4"


def test_nothing_that_models_wrote_runs(opened: Opener) -> None:
    run = evil_run()
    page = opened(run, judgement=judged(EVIL, unexpected=EVIL))
    for view in ("formats", "fixtures", "directions", "worst", "faults"):
        page.go(f"view={view}")
        for summary in page.page.locator("#view summary").all():
            summary.click()
    for id_ in run.outcomes:
        page.page.evaluate("(id) => { location.hash = `cell=${encodeURIComponent(id)}` }", id_)
        page.page.wait_for_function("() => document.getElementById('panel-title') !== null")
        page.go("")
    page.go("view=worst&status=failed")
    page.page.locator("#view summary").first.click()
    page.page.locator("#view .card a.id").first.click()
    expect(page.page.locator("#panel")).to_contain_text("<script>window.ran=1</script>")
    assert page.page.evaluate("() => window.ran") is None
    assert page.page.locator("img, iframe, object, embed, #view svg[onload], script[src]").count() == 0
    assert page.page.locator("script:not([type])").count() == 1
    links = page.page.locator("a[href]").evaluate_all("(links) => links.map((link) => link.getAttribute('href'))")
    assert all(link.startswith("#") for link in links)
    assert page.asked == [page.address]
    assert page.said == []


def test_an_interrupted_and_an_empty_run(opened: Opener) -> None:
    run = sample_run()
    interrupted = Run(path=run.path, header=run.header.model_copy(update={"planned": len(run.outcomes) + 11}), outcomes=run.outcomes)
    page = opened(interrupted).page
    expect(page.locator(".state")).to_contain_text("interrupted")
    expect(page.locator("#selected")).to_contain_text("11 planned cells never reached")
    empty = opened(run_of())
    expect(empty.page.locator("body")).to_contain_text("Nothing was planned")
    assert empty.said == []


def test_the_banner_stands_above_everything(opened: Opener) -> None:
    page = opened(sample_run(), judgement=judged("The canary of tf2.18-py311 is wrong", "Believe nothing below")).page
    banner = page.get_by_role("alert")
    expect(banner).to_contain_text("The canary of tf2.18-py311 is wrong")
    expect(banner).to_contain_text("Believe nothing below")
    expect(banner).to_contain_text("This run cannot be believed")
    assert page.evaluate("() => document.querySelector('header').firstElementChild.className") == "banner"


def test_what_is_unexpected_stands_on_top_and_opens_its_cell(opened: Opener) -> None:
    page = opened(sample_run(), judgement=judged(unexpected=RICH)).page
    news = page.locator(".news").first
    expect(news).to_contain_text("Unexpected: 1 cell worse than known")
    news.get_by_role("link").click()
    expect(page.locator("#evidence > .id")).to_have_text(RICH)


def test_the_canary_is_counted_nowhere(opened: Opener) -> None:
    run = sample_run()
    canary = load((QUICK[0], QUICK[0]), "canary", "weights-h5", "load-weights", Status.FAILED, Reason.WEIGHTS_DIFFER, canary="broken")
    outcomes = {**run.outcomes, canary.id: canary}
    header = run.header.model_copy(update={"canaries": 1, "planned": len(outcomes)})
    page = opened(Run(path=run.path, header=header, outcomes=outcomes, footer=run.footer)).page
    expect(page.locator(".tile").first).to_have_text(f"planned{len(run.outcomes):,}")
    page.select_option("#filter-direction", "forward")
    expect(page.locator("#selected")).to_contain_text(f" of {len(run.outcomes)} cells selected")
    assert "never reached" not in (page.locator("#selected").text_content() or "")
    assert "weights-h5" not in page.locator("#view h2").all_text_contents()


def test_it_is_dark_where_that_is_wished(opened: Opener) -> None:
    back = "() => getComputedStyle(document.documentElement).backgroundColor"
    light, dark = (opened(sample_run(), dark=wish).page.evaluate(back) for wish in (False, True))
    assert sum(map(int, re.findall(r"\d+", light))) > 700 > 100 > sum(map(int, re.findall(r"\d+", dark)))


@pytest.mark.parametrize("width", [360, 800, 1500])
def test_it_fits_the_window(opened: Opener, width: int) -> None:
    for view in ("formats", "fixtures", "directions", "worst"):
        page = opened(sample_run(), f"view={view}", width=width).page
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, view


def test_it_prints_the_tables_and_not_the_knobs(opened: Opener, screenshots: Path) -> None:
    page = opened(sample_run()).page
    page.emulate_media(media="print")
    assert not page.locator("#filters").is_visible() and not page.locator("#views").is_visible()
    assert page.locator("#view table").first.is_visible() and page.locator(".tiles").is_visible() and page.locator(".legend").is_visible()
    assert not page.locator(".keys").is_visible()
    assert cells_printed(page, "1") >= 30
    page.pdf(path=screenshots / "print.pdf", prefer_css_page_size=True)
    assert (screenshots / "print.pdf").read_bytes().startswith(b"%PDF")
