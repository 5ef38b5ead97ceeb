"""What else is not the same on two sides: environments made of other packages, fixtures and tolerances that were edited. Pure.

Headers record what cells depend on, and builds what is installed. Runs of before that was recorded have only the keys of their
cells: another key in the same environments says that something is not the same, and not what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.model import Cell, Outcome, Run, Stage

_MOST = 4
_SHARED = {"agent": "the runner's agent", "limits": "the limits", "tolerances": "the tolerances"}


def altered_environments(base: Run, new: Run) -> dict[str, str]:
    """Return what is not the same in environments of one id, by id: packages with their versions, as far as they are known."""
    found = {}
    for name, fields in new.header.environments.items():
        earlier = base.header.environments.get(name)
        if earlier is None or not fields.get("fingerprint") or not earlier.get("fingerprint"):
            continue
        if fields["fingerprint"] != earlier["fingerprint"]:
            found[name] = _differences(_installed(base, name), _installed(new, name)) or "made anew, as far as is known of the same"
    return found


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return `keras 3.1.0 -> 3.1.1, numpy gone`."""
    if not old or not new:
        return ""
    words = []
    for package in sorted({*old, *new}):
        if old.get(package) != new.get(package):
            words.append(f"{package} {old.get(package, 'absent')} -> {new.get(package, 'absent')}")
    return ", ".join(words[:_MOST]) + (f" and {len(words) - _MOST} more" if len(words) > _MOST else "")


def _installed(run: Run, name: str) -> dict[str, str]:
    """Return Python and the packages of an environment, as it reported them itself."""
    build = run.outcomes.get(Cell(stage=Stage.BUILD, environment=name).id)
    facts = build.notes.get("facts") if build else None
    if not isinstance(facts, Mapping) or not isinstance(facts.get("packages"), Mapping):
        return {}
    return {"python": str(facts.get("python")), **{str(package): str(version) for package, version in facts["packages"].items()}}


def altered_inputs(base: Run, new: Run) -> Callable[[Outcome, Outcome], tuple[str, ...]]:
    """Return a function that says, of the two outcomes of a cell, what was measured otherwise, apart from the environments."""
    old, now = base.header.inputs, new.header.inputs
    shared = tuple(text for name, text in _SHARED.items() if old and now and old.get(name) != now.get(name))
    unlike = {name for name in {*base.header.environments, *new.header.environments} if _print(base, name) != _print(new, name)}

    def altered(was: Outcome, outcome: Outcome) -> tuple[str, ...]:
        if not outcome.fixture or (was.key and was.key == outcome.key):
            return ()
        if old and now:
            same = _fixture(old, outcome.fixture) == _fixture(now, outcome.fixture)
            return (*shared, *(() if same else (f"the fixture {outcome.fixture}",)))
        places = {was.environment, was.producer, outcome.environment, outcome.producer}
        if not was.key or not outcome.key or base is new or was.id != outcome.id or places & unlike:
            return ()
        return ("the fixture, the runner's agent, the limits or the tolerances",)

    return altered


def _print(run: Run, name: str) -> Any:
    return run.header.environments.get(name, {}).get("fingerprint")


def _fixture(inputs: Mapping[str, Any], key: str) -> Any:
    fixtures = inputs.get("fixtures")
    return fixtures.get(key) if isinstance(fixtures, Mapping) else None
