"""From a run to the page's data: what all views and filters need, a column for each field, names by number. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runner.formats import FORMAT_TEXT, KINDS, LOADERS, kind_of
from runner.model import REASONS, SEVERITY, Diagnosis, Outcome, Run, Stage, Status
from runner.reports.causes import EXPLAINED, diagnosis_of, error_line, is_unknown, normalised
from runner.reports.clean import one_line, thread
from runner.reports.damage import MEANINGS, Words, spoken
from runner.reports.evidence import side_of
from runner.reports.glyphs import GLYPHS, SILENT
from runner.reports.html.evidence import CHECKS, CHUNK, RESULTS, History, chunks
from runner.reports.next_steps import COMMAND, options, reproduce_command, show_command
from runner.reports.picture.layout import place_of
from runner.reports.tables import Tables, effective_status
from runner.rules.facts import facts_by_environment, version_of
from runner.standing import is_silent

STAGES = tuple(Stage)
STATUSES = tuple(Status)
REASON_NAMES = tuple(REASONS)
NONE = -1
"""In a column: the cell has no such field."""

_PLACE = "CELL"
_RESULT_SIGNS = ("✓", "✗", "·", "?")


@dataclass(frozen=True, kw_only=True)
class PageData:
    """`index` is unpacked when the page opens, `chunks` one by one when a cell of theirs is opened."""

    index: dict[str, Any]
    chunks: tuple[dict[str, Any], ...]


def page_data(run: Run, tables: Tables, *, command: tuple[str, ...] = COMMAND, history: History | None = None) -> PageData:
    """Return the data of the page of a run; the same run gives the same data. The canary is not in it, as it is in no table."""
    ordered = sorted((outcome for outcome in run.outcomes.values() if not outcome.canary), key=_order)
    facts = facts_by_environment(run.header.environments, run.outcomes)
    diagnoses = {o.id: diagnosis_of(o, facts) for o in ordered if o.status in EXPLAINED}
    names = {field: _Names() for field in ("fixture", "format", "loader", "fault", "cause")}
    places = {name: number for number, name in enumerate(tables.environments)}
    causes: dict[str, dict[str, str]] = {}
    columns: dict[str, list[int]] = {name: [] for name in _COLUMNS}
    for outcome in ordered:
        row = {
            "stage": STAGES.index(outcome.stage),
            "producer": places.get(outcome.producer or outcome.environment, NONE),
            "consumer": places.get(outcome.consumer or "", NONE),
            "fixture": names["fixture"].number(outcome.fixture),
            "format": names["format"].number(outcome.format),
            "loader": names["loader"].number(outcome.loader),
            "fault": names["fault"].number(outcome.fault),
            "status": STATUSES.index(outcome.status),
            "shown": STATUSES.index(effective_status(outcome, run.outcomes)),
            "silent": int(is_silent(outcome)),
            "reason": REASON_NAMES.index(outcome.reason) if outcome.reason else NONE,
            "cause": names["cause"].number(_cause(outcome, diagnoses.get(outcome.id), causes)),
        }
        for name, value in row.items():
            columns[name].append(value)
    index = {
        "environments": _environments(run, tables.environments, facts),
        "stages": list(STAGES),
        "statuses": [{"name": s, "sign": GLYPHS[s].sign, "text": GLYPHS[s].text, "severity": SEVERITY[s]} for s in STATUSES],
        "silent": {"sign": SILENT.sign, "text": SILENT.text},
        "reasons": [{"name": name, "text": info.text, "spurious": info.spurious} for name, info in REASONS.items()],
        "checks": list(CHECKS),
        "results": [{"name": name, "sign": sign} for name, sign in zip(RESULTS, _RESULT_SIGNS, strict=True)],
        "fixtures": names["fixture"].all,
        "formats": [{"name": name, "text": FORMAT_TEXT.get(name, ""), "place": place_of(name)} for name in names["format"].all],
        "loaders": [
            {"name": name, "text": LOADERS.get(name, ""), "kind": list(KINDS).index(kind_of(name))} for name in names["loader"].all
        ],
        "kinds": list(KINDS),
        "faults": names["fault"].all,
        "causes": [causes[key] for key in names["cause"].all],
        "damage": _damage(tables),
        "unreached": tables.totals.planned - len(ordered),
        "columns": columns,
        "ids": {number: o.id for number, o in enumerate(ordered) if o.id != _plain_id(o) or o.id != one_line(o.id, limit=1000)},
        "chunk": CHUNK,
        "commands": _commands(run, command),
    }
    return PageData(index=index, chunks=chunks(run, ordered, diagnoses, history or {}))


_COLUMNS = (
    *("stage", "producer", "consumer", "fixture", "format", "loader", "fault"),
    *("status", "shown", "silent", "reason", "cause"),
)


class _Names:
    """Names by number in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str | None) -> int:
        return NONE if name is None else self._numbers.setdefault(name, len(self._numbers))

    @property
    def all(self) -> list[str]:
        return list(self._numbers)


def _order(outcome: Outcome) -> tuple[Any, ...]:
    """Return what puts cells beside each other that say the same, so that they are small together."""
    fields = (outcome.format, outcome.loader, outcome.fixture, outcome.consumer, outcome.producer)
    return (STAGES.index(outcome.stage), *(field or "" for field in fields), outcome.id)


def _plain_id(outcome: Outcome) -> str:
    """Return the id that the page makes of the fields."""
    fields: Iterable[str | None]
    match outcome.stage:
        case Stage.BUILD:
            fields = (outcome.environment,)
        case Stage.SAVE:
            fields = (outcome.producer, outcome.fixture, outcome.format)
        case Stage.LOAD:
            fields = (outcome.producer, outcome.consumer, outcome.fixture, outcome.format, outcome.loader)
    return "/".join((outcome.stage, *(str(field) for field in fields)))


def _cause(outcome: Outcome, diagnosis: Diagnosis | None, causes: dict[str, dict[str, str]]) -> str | None:
    """Return the key of a cell's cause, and note the cause. Where no rule fits, reason and message tell them apart."""
    if diagnosis is None:
        return None
    parts: tuple[str, ...] = (diagnosis.cause, diagnosis.class_, diagnosis.remedy, diagnosis.link)
    unknown = is_unknown(diagnosis)
    if unknown:
        parts = (*parts, outcome.reason or "", normalised(error_line(outcome)))
    key = hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:10]
    if key not in causes:
        causes[key] = {
            "key": key,
            "cause": one_line(diagnosis.cause, limit=600),
            "class": one_line(diagnosis.class_, limit=60),
            "remedy": one_line(diagnosis.remedy, limit=600),
            "link": thread(diagnosis.link),
            "error": error_line(outcome) if unknown else "",
        }
    return key


def _environments(run: Run, names: tuple[str, ...], facts: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the environments with what was asked for and installed; `rank` orders them by TensorFlow, -1 where it is not known."""
    versions = {name: version_of(facts.get(name, {}).get("tensorflow", "")) for name in names}
    ranks = {version: rank for rank, version in enumerate(sorted({v for v in versions.values() if v is not None}))}
    found = []
    for name in names:
        side, version = side_of(run, name, role=""), versions[name]
        found.append(
            {
                "id": one_line(name, limit=200),
                "rank": NONE if version is None else ranks[version],
                "asked": [[one_line(key, limit=30), one_line(value, limit=60)] for key, value in side.asked],
                "installed": [[one_line(key, limit=30), one_line(value, limit=60)] for key, value in side.installed],
            }
        )
    return found


def _damage(tables: Tables) -> dict[str, Any]:
    rows = [[row.fault, row.format, *(_met(words) for words in (row.saves, row.left, row.loads))] for row in tables.damage.rows]
    return {"rows": rows, "words": [[word, MEANINGS[word]] for word in tables.damage.words], "absent": list(tables.damage.absent)}


def _met(words: Words) -> str:
    return one_line(", ".join(spoken(words)), limit=1000).replace("SILENT", f"{SILENT.sign} SILENT")


def _commands(run: Run, command: tuple[str, ...]) -> dict[str, list[str]]:
    """Return what stands before and behind the id of a cell in the commands that show it and run it again."""
    # Whoever opens the page later has newer runs.
    given = options(run.path, run.header.matrix, newest=False)
    lines = {"show": show_command(_PLACE, given, command=command), "reproduce": reproduce_command(_PLACE, given, command=command)}
    return {name: [before, behind] for name, line in lines.items() for before, _, behind in [line.partition(_PLACE)]}
