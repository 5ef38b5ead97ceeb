"""The host's half of the agent contract: requests go out as files, results come back as files and are not trusted.

An agent runs foreign code next to the result file, so everything may be wrong with it: absent, huge, half a JSON document,
another cell's, of a wrong shape. Whatever is not of the contract raises `BadResult` and says what was wrong.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runner.model import Cell, Check, CheckResult, Fixture, Limits, Reason, Tolerances, WarningInfo

SCHEMA = 1
LARGEST_BYTES = 64_000_000

Phase = Literal[
    "fixture",
    "build",
    "train",
    "expect",
    "save",
    "inspect",
    "rebuild",
    "load",
    "structure",
    "signature",
    "weights",
    "outputs",
    "config",
    "optimizer",
    "train-step",
    "done",
]
Ended = Literal["exit", "signal", "timeout", "memory", "disk", "lost"]


class BadResult(ValueError):
    """A result that is not of the contract; the text says what is wrong with it."""


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)


class Unsupported(_Fact):
    """The environment has no such feature, and why."""

    reason: Literal[Reason.FORMAT_UNSUPPORTED, Reason.LOADER_UNSUPPORTED, Reason.NEED_UNMET]
    why: str


class AgentError(_Fact):
    """The exception that ended the cell; `missing_object` names a class or function that a load did not find."""

    type: str
    message: str
    traceback: str = ""
    phase: str = ""
    missing_object: str | None = None
    errno: int | None = None


class CheckFacts(_Fact):
    """One rung of the ladder: its result, the largest absolute difference, and the reason if the agent can tell."""

    result: CheckResult
    difference: float | None = None
    reason: Reason | None = None
    detail: dict[str, Any] = Field(default_factory=dict)


class WrittenFile(_Fact):
    """A file of an artifact; `path` is relative to it."""

    path: str
    bytes: int
    sha256: str


class Left(_Fact):
    """What lay on the disk afterwards; `whole` when every file of the format was there under its name."""

    files: int
    bytes: int
    whole: bool


class FaultFacts(_Fact):
    """The fault of a cell's fixture: `armed` once it was in place; `what` was done to which file; `clean` is a save without it."""

    kind: str
    armed: bool = False
    optimizer: bool | None = None
    clean: dict[str, int] | None = None
    what: str = ""
    left: Left | None = None


class AgentResult(_Fact):
    """The facts of one cell as the agent reports them: no status, no judgement."""

    schema_: Literal[1] = Field(alias="schema")
    id: str
    ended: Ended
    signal: int | None = None
    exit_code: int | None = None
    phase: Phase
    unsupported: Unsupported | None = None
    fixture_fault: str | None = None
    error: AgentError | None = None
    checks: dict[Check, CheckFacts] = Field(default_factory=dict)
    warnings: tuple[WarningInfo, ...] = ()
    files: tuple[WrittenFile, ...] = ()
    fault: FaultFacts | None = None
    findings: tuple[Literal[Reason.SAVE_WROTE_NOTHING, Reason.ARTIFACT_INCOMPLETE], ...] = ()
    duration_s: float = Field(default=0.0, ge=0.0)
    memory_peak_mb: float | None = None
    notes: dict[str, Any] = Field(default_factory=dict)
    log: str = ""


def build_request(cell: Cell, *, fixture: Fixture, limits: Limits, tolerances: Tolerances, artifact: Path, scratch: Path) -> dict[str, Any]:
    """Return what the agent is asked: the request of one cell. `scratch` is a directory of this attempt alone."""
    return {
        "schema": SCHEMA,
        "id": cell.id,
        "stage": str(cell.stage),
        "fixture": {
            "name": fixture.name,
            "file": str(fixture.file),
            "options": dict(fixture.options),
            "needs": list(fixture.needs),
            "code": fixture.code,
            **({"fault": fixture.fault} if fixture.fault else {}),
        },
        "format": cell.format,
        "loader": cell.loader,
        "artifact": str(artifact),
        "scratch": str(scratch / "work"),
        "result": str(scratch / "result.json"),
        "log": str(scratch / "log.txt"),
        "limits": asdict(limits),
        "tolerances": {dtype: asdict(tolerance) for dtype, tolerance in tolerances},
    }


def read_result(path: Path, *, cell_id: str) -> AgentResult:
    """Read and validate the result of a cell. Raises BadResult for anything that is not of the contract."""
    try:
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise BadResult(f"the result has {size} bytes, more than {LARGEST_BYTES}")
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise BadResult("the agent wrote no result") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadResult(f"the result cannot be read: {error}") from error
    return parse_result(text, cell_id=cell_id)


def parse_result(text: str, *, cell_id: str) -> AgentResult:
    """Validate the text of a result. Raises BadResult."""
    try:
        value = storable(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise BadResult(f"the result is no JSON: {error}") from error
    try:
        result = AgentResult.model_validate(value)
    except (ValidationError, RecursionError) as error:
        raise BadResult(_explain(error)) from error
    if result.id != cell_id:
        raise BadResult(f"the result is of the cell {result.id[:200]!r}")
    return result


def _explain(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "the result is nested too deeply"
    problems = [f"{'.'.join(map(str, item['loc'])) or 'the result'}: {item['msg']}" for item in error.errors()[:5]]
    return "the result is not of the contract: " + "; ".join(problems)


def storable(value: Any) -> Any:
    """Return a JSON value that can be written as UTF-8: without lone surrogates."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    return value


def speakable(value: Any) -> Any:
    """Return a JSON value in which numbers that JSON does not have (NaN, infinities) are words."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: speakable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [speakable(item) for item in value]
    return value
