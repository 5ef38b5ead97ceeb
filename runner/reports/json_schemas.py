"""JSON Schemas of the reports for programs: what `report --as json` and `compare --as json` print, field by field.

Closed: a field that a report has and its schema does not fails a test, so that none stays undocumented.
"""

from __future__ import annotations

from typing import Any

from runner.compare import CHANGES
from runner.model import Reason, Stage, Status

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_STATUS: Schema = {"enum": [str(status) for status in Status]}
_CHANGE: Schema = {"enum": [str(change) for change in CHANGES]}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _map(of: Schema, keys: list[str] | None = None) -> Schema:
    return {"type": "object", "additionalProperties": of, **({"propertyNames": {"enum": keys}} if keys else {})}


def _maybe(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


def _object(description: str = "", /, **fields: Schema) -> Schema:
    """Return the schema of an object that has these fields and no others; `__` in a name stands for `-`, and a last `_` for nothing."""
    named = {name.replace("__", "-").rstrip("_"): schema for name, schema in fields.items()}
    head = {"description": description} if description else {}
    return {"type": "object", **head, "properties": named, "required": list(named), "additionalProperties": False}


_STATUSES = [str(status) for status in Status]
_COUNTS = _map(_COUNT, _STATUSES)
_GROUP = _object(
    "Cells of one cause",
    cause=_TEXT,
    class_=_TEXT,
    remedy=_TEXT,
    link=_TEXT,
    details=_map(_COUNT),
    count=_COUNT,
    silent=_COUNT,
    confirmed=_COUNT,
    reasons=_map(_COUNT, [*map(str, Reason), "no reason given"]),
    stages=_map(_COUNT, [str(stage) for stage in Stage]),
    formats=_map(_COUNT),
    error=_TEXT,
    examples=_list(_TEXT),
)
_FOLDED = {"passed": _COUNT, "total": _COUNT, "ran": _COUNT, "silent": _COUNT, "worst": _STATUS, "counts": _COUNTS}
_GROUPS = _list({"$ref": "#/$defs/cause"})

_GRID = _object(
    format=_TEXT,
    loaders=_list(_TEXT),
    fixtures=_list(_TEXT),
    saves=_list(_object(producer=_TEXT, **_FOLDED)),
    loads=_list(_object(producer=_TEXT, consumer=_TEXT, **_FOLDED)),
)
_NUMBERS = (
    "planned",
    "ran",
    "passed",
    "degraded",
    "failed",
    "silent",
    "explained",
    "unsupported",
    "blocked",
    "errored",
    "not__run",
    "reused",
)

_REPORT = _object(
    "The tables of a run, and what it amounts to",
    schema={"const": 1},
    run=_TEXT,
    path=_TEXT,
    started=_TEXT,
    finished=_maybe(_TEXT),
    seconds=_maybe({"type": "number"}),
    engine=_TEXT,
    profile=_TEXT,
    matrix=_TEXT,
    complete=_FLAG,
    exit_code={"enum": [0, 1, 4, 130]},
    judgement=_TEXT,
    banner=_list(_TEXT),
    expected=_object(expects=_FLAG, unexpected=_map(_TEXT), unexpected_passes=_map(_TEXT), known=_map(_TEXT), problems=_list(_TEXT)),
    environments=_list(_TEXT),
    totals=_object(blocked_by=_COUNTS, **dict.fromkeys(_NUMBERS, _COUNT)),
    stages=_map(_object(**_FOLDED), [str(stage) for stage in Stage]),
    formats=_list(_GRID),
    faults=_list(
        _object(fault=_TEXT, format=_TEXT, saves=_map(_COUNT), left=_map(_COUNT), loads=_map(_COUNT), where=_map(_map(_list(_TEXT))))
    ),
    causes=_object(silent=_GROUPS, failed=_GROUPS, degraded=_GROUPS, errored=_GROUPS),
    undiagnosed=_GROUPS,
    blockers=_list(_object(id=_TEXT, status=_maybe(_STATUS), count=_COUNT)),
)

_SIDE = _object(
    run=_TEXT,
    started=_TEXT,
    environment=_maybe(_TEXT),
    complete=_FLAG,
    planned=_COUNT,
    ran=_COUNT,
    counts=_COUNTS,
    banner=_list(_TEXT),
)
_STANDING = _maybe(_object(status=_STATUS, says=_maybe(_STATUS), reason=_maybe({"enum": [str(reason) for reason in Reason]}), silent=_FLAG))

_COMPARISON = _object(
    "What became of the cells of two runs, or of two environments",
    schema={"const": 1},
    form={"enum": ["short", "full"]},
    base=_SIDE,
    new=_SIDE,
    headline=_TEXT,
    compared=_COUNT,
    counts=_object(**{str(change).replace("-", "__"): _COUNT for change in CHANGES}),
    environments=_object(added=_list(_TEXT), gone=_list(_TEXT), altered=_map(_TEXT)),
    sections=_list(_object(name=_TEXT, cells=_COUNT, silent=_COUNT, causes=_GROUPS)),
    changes=_list(
        _object(
            cell=_TEXT,
            against=_maybe(_TEXT),
            about=_TEXT,
            change=_CHANGE,
            verdict=_CHANGE,
            was=_STANDING,
            now=_STANDING,
            why=_TEXT,
            altered=_list(_TEXT),
        )
    ),
)


def _whole(title: str, schema: Schema) -> Schema:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema, "$defs": {"cause": _GROUP}}


def report_schema() -> Schema:
    """Return the JSON Schema of `report --as json`."""
    return _whole("runner report --as json", _REPORT)


def compare_schema() -> Schema:
    """Return the JSON Schema of `compare --as json`."""
    return _whole("runner compare --as json", _COMPARISON)
