"""A run of about 45,000 cells: 23 environments, each loading from each, with evidence as long and as varied as that of real runs.

The messages are those of real cells (`tests/unit/diagnoses.jsonl`); tracebacks, logs and notes are of the length that real ones have,
and hold what differs from cell to cell in real ones: paths, addresses, times, numbers.
"""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path
from typing import Any

from runner.diagnose import diagnose
from runner.formats import FORMATS
from runner.model import Check, CheckResult, ErrorInfo, Outcome, Reason, Run, Status, WarningInfo
from tests.unit.samples import FULL, build, error, load, run_of, save

CASES = Path(__file__).parents[1] / "unit" / "diagnoses.jsonl"
ENVIRONMENTS = (*FULL, "tf2.16-tfkeras-py312")[:23]
FIXTURES = 42
WAYS = tuple((name, loader) for name, loaders in FORMATS.items() for loader in loaders[:2])[:14]
_SHARES = ((Status.PASSED, 53), (Status.DEGRADED, 8), (Status.FAILED, 26), (Status.UNSUPPORTED, 11))
UNSAVED = 0.05
"""Of so many saves each fails; what would load them is blocked."""


def large_run(seed: int = 1) -> Run:
    """Return the run; the same seed gives the same one."""
    dice = random.Random(seed)
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    for case in cases:
        # As in a real run, the records keep what the rules said.
        case["diagnosis"] = diagnose(_as_outcome(case), case["facts"])
    failing = [case for case in cases if case["status"] == Status.FAILED]
    degraded = [case for case in cases if case["status"] == Status.DEGRADED]
    found: list[Outcome] = [build(name, notes={"facts": _facts(name)}) for name in ENVIRONMENTS]
    ways = {f"fixture_{number:02}": (WAYS[number % 14], WAYS[(number + 5) % 14]) for number in range(FIXTURES)}
    for fixture, producer in product(ways, ENVIRONMENTS):
        for name in dict.fromkeys(name for name, _ in ways[fixture]):
            broken = dice.random() < UNSAVED
            raised = error("NotImplementedError", "a layer has arguments in `__init__` and must override `get_config`") if broken else None
            verdict = (Status.FAILED, Reason.SAVE_RAISED) if broken else (Status.PASSED, None)
            found.append(save(producer, fixture, name, *verdict, error=raised, log=_log(dice)))
    unsaved = {outcome.id for outcome in found if outcome.status is Status.FAILED}
    for fixture, (producer, consumer) in product(ways, product(ENVIRONMENTS, ENVIRONMENTS)):
        for name, loader in ways[fixture]:
            status = dice.choices([status for status, _ in _SHARES], [share for _, share in _SHARES])[0]
            status = Status.BLOCKED if f"save/{producer}/{fixture}/{name}" in unsaved else status
            case = dice.choice(failing if status is Status.FAILED else degraded)
            found.append(_load((producer, consumer), fixture, (name, loader), status, case, dice))
    return run_of(*found, environments=ENVIRONMENTS)


def _load(pair: tuple[str, str], fixture: str, way: tuple[str, str], status: Status, case: dict[str, Any], dice: random.Random) -> Outcome:
    if status is Status.UNSUPPORTED:
        return load(pair, fixture, *way, status, Reason.LOADER_UNSUPPORTED, notes={"why": f"{pair[1]} has no {way[1]}"})
    if status is Status.BLOCKED:
        return load(pair, fixture, *way, status, Reason.BLOCKED_BY, blocked_by=f"save/{pair[0]}/{fixture}/{way[0]}", attempts=0)
    more: dict[str, Any] = {
        "duration_s": dice.random(),
        "memory_peak_mb": dice.uniform(200, 900),
        "notes": _notes(dice),
        "key": f"{dice.getrandbits(128):032x}",
    }
    if dice.random() < 0.4:
        more["log"] = _log(dice)
    if status is Status.PASSED:
        checks = dict.fromkeys(Check, CheckResult.PASSED)
        return load(pair, fixture, *way, checks=checks, differences={"outputs": dice.random() * 1e-7, "weights": 0.0}, **more)
    if case.get("error"):
        message = f"{case['error']['message']} <tf.Tensor at {dice.getrandbits(48):#x}>"
        more["error"] = ErrorInfo(type=case["error"]["type"], message=message, traceback=_traceback(pair[1], message, dice), phase="load")
    more["warnings"] = tuple(WarningInfo(**warning) for warning in case.get("warnings", ()))
    more["checks"] = case.get("checks", {})
    more["diagnosis"] = case["diagnosis"]
    more["confirmed"] = True if dice.random() < 0.1 else None
    return load(pair, fixture, *way, status, case["reason"], **{**more, "notes": {**more["notes"], **case.get("notes", {})}})


def _as_outcome(case: dict[str, Any]) -> Outcome:
    return Outcome.model_validate({key: value for key, value in case.items() if key not in {"rule", "facts"}})


def _facts(name: str) -> dict[str, Any]:
    version = name.split("-")[0][2:]
    return {
        "python": "3.11.7",
        "packages": {"tensorflow-cpu": f"{version}.1", "keras": f"{version}.0", "numpy": "1.26.4", "h5py": "3.10.0"},
    }


def _traceback(environment: str, message: str, dice: random.Random) -> str:
    place = f"/home/someone/.cache/tfmatrix/envs/{abs(hash(environment)) % 16**8:08x}/lib/python3.11/site-packages"
    frames = [
        f'  File "{place}/keras/src/saving/legacy/part_{number % 7}.py", line {100 + 13 * number}, in step_{number}\n'
        f"    return deserialize(config[{dice.randrange(9)}], custom_objects=custom_objects)\n"
        for number in range(18 + dice.randrange(6))
    ]
    return "Traceback (most recent call last):\n" + "".join(frames) + message


def _log(dice: random.Random) -> str:
    lines = []
    for number in range(10):
        at = f"2026-11-21 05:0{dice.randrange(10)}:{dice.randrange(60):02}.{dice.randrange(10**6):06}"
        lines.append(f"{at}: I tensorflow/core/platform/cpu_feature_guard.cc:{number}] This TensorFlow binary is optimized for this CPU")
    return "\n".join(lines)


def _notes(dice: random.Random) -> dict[str, Any]:
    near = {
        "largest": dice.random() * 1e-6,
        "compared": dice.randrange(20),
        "names": [f"layer_{dice.randrange(30)}/kernel:0" for _ in range(3)],
    }
    return {"checks": {"outputs": near, "weights": {"matched_by": "name", "differing": []}}, "saved_with": f"{dice.getrandbits(64):016x}"}
