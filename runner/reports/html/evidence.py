"""What a cell opens, as plain values: cells in chunks that are unpacked when one of them is opened. Texts are kept once a chunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.history import Stretch
from runner.model import Check, CheckResult, Diagnosis, Outcome, Run, Stage, Status
from runner.reports.clean import clean, one_line, tail
from runner.reports.evidence import Rung, circumstances, confirmed_by, ladder_of, needed_by
from runner.reports.html.pack import Texts
from runner.reports.html.words import check_words, lines_of, words_of

CHUNK = 256
"""Cells in a chunk: few enough to be unpacked in an instant, enough to have their texts in common."""

CHECKS = tuple(Check)
RESULTS = tuple(CheckResult)

_MESSAGE = 4000
_TRACEBACK = 16_000
_WARNINGS = 20
_LOG_LINES = 40
_DETAIL = 400
_NOTE = 600
_SHOWN_ELSEWHERE = frozenset({"checks", "differences", "why", "confirmed_by", "shared", "facts", "packages"})


History = Mapping[str, Sequence[Stretch]]
"""What became of cells over time, by their id, the newest first."""


def chunks(run: Run, ordered: Sequence[Outcome], diagnoses: Mapping[str, Diagnosis], history: History) -> tuple[dict[str, Any], ...]:
    """Return the evidence of the cells in their order, `CHUNK` of them at a time.

    A chunk has `texts`, and `cells` whose texts are numbers of those. What is empty is left out.
    """
    numbers = {outcome.id: number for number, outcome in enumerate(ordered)}
    made = []
    for begin in range(0, len(ordered), CHUNK):
        texts = Texts()
        part = [_cell(run, o, diagnoses.get(o.id), history.get(o.id, ()), numbers, texts) for o in ordered[begin : begin + CHUNK]]
        made.append({"texts": texts.all, "cells": part})
    return tuple(made)


def _cell(
    run: Run,
    outcome: Outcome,
    diagnosis: Diagnosis | None,
    earlier: Sequence[Stretch],
    numbers: Mapping[str, int],
    texts: Texts,
) -> dict[str, Any]:
    why = outcome.notes.get("why")
    by = confirmed_by(outcome)
    values: dict[str, Any] = {
        "facts": [texts.number(fact) for fact in circumstances(outcome)],
        "why": texts.number(one_line(why, limit=1000)) if isinstance(why, str) else 0,
        "by": _pointer(by, numbers, texts) if by else None,
        "detail": texts.number(one_line(diagnosis.detail, limit=400)) if diagnosis else 0,
        "checks": _ladder(outcome, texts),
        "error": _error(outcome, texts),
        "warnings": _warnings(outcome, texts),
        "unshown": max(0, len(outcome.warnings) - _WARNINGS),
        "needed": _needed(run, outcome, numbers, texts),
        "notes": _notes(outcome, texts),
        "log": texts.number(tail(outcome.log, lines=_LOG_LINES)),
        "earlier": [_stretch(stretch, texts) for stretch in earlier],
    }
    return {key: value for key, value in values.items() if value not in (None, 0, [])}


def _ladder(outcome: Outcome, texts: Texts) -> list[list[int]]:
    """Return the rungs; a load that failed before anything was compared did not get onto the first one."""
    rungs = ladder_of(outcome)
    if not rungs and outcome.stage is Stage.LOAD and outcome.status is Status.FAILED:
        rungs = tuple(Rung(c, CheckResult.FAILED if c is Check.LOADED else CheckResult.NOT_REACHED, "", None) for c in Check)
    found = []
    for rung in rungs:
        said = one_line(check_words(rung.check, rung.detail), limit=_DETAIL)
        found.append([CHECKS.index(rung.check), RESULTS.index(rung.result), texts.number(rung.difference), texts.number(said)])
    return found


def _notes(outcome: Outcome, texts: Texts) -> list[list[int]]:
    """Return whatever else was recorded: a name, and what it says in one line or, of a list, in several."""
    found = []
    for key, value in sorted(outcome.notes.items()):
        lines = [one_line(line, limit=_NOTE) for line in lines_of(key, value)] if key not in _SHOWN_ELSEWHERE else []
        if lines:
            found.append([texts.number(text) for text in (one_line(words_of(key), limit=60), *lines)])
    return found


def _stretch(stretch: Stretch, texts: Texts) -> list[int]:
    verdict = f"{stretch.status}: {stretch.reason}" if stretch.reason else str(stretch.status)
    begin, end = (one_line(started, limit=40)[:10] for started in (stretch.first_started, stretch.last_started))
    span = stretch.first if stretch.first == stretch.last else f"{stretch.first} to {stretch.last}"
    said = (verdict, begin if begin == end else f"{begin} to {end}", one_line(span))
    return [stretch.runs, list(Status).index(stretch.status), *(texts.number(text) for text in said)]


def _error(outcome: Outcome, texts: Texts) -> list[int] | None:
    if outcome.error is None:
        return None
    error = outcome.error
    said = clean(f"{error.type}: {error.message}", limit=_MESSAGE)
    trace = clean(error.traceback[-_TRACEBACK:]).strip("\n")
    return [texts.number(text) for text in (said, one_line(error.phase, limit=40), trace)]


def _warnings(outcome: Outcome, texts: Texts) -> list[list[int]]:
    ranked = sorted(outcome.warnings, key=lambda warning: not warning.partial)[:_WARNINGS]
    return [[int(w.partial), texts.number(one_line(w.category, limit=60)), texts.number(one_line(w.message, limit=600))] for w in ranked]


def _needed(run: Run, outcome: Outcome, numbers: Mapping[str, int], texts: Texts) -> list[list[int]]:
    found = [_pointer(other.id, numbers, texts) for other in needed_by(run, outcome)]
    if outcome.blocked_by and outcome.blocked_by not in numbers:
        found.insert(0, _pointer(outcome.blocked_by, numbers, texts))
    return found


def _pointer(cell: str, numbers: Mapping[str, int], texts: Texts) -> list[int]:
    """Return the number of a cell and no text, or -1 and its id where the run does not have it."""
    return [numbers[cell], 0] if cell in numbers else [-1, texts.number(one_line(cell, limit=400))]
