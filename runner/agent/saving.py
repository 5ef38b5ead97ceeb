"""The save cell: build, train, record, save, and look at what was really written."""

import hashlib
import json
import os
import shutil
from typing import Any, Dict, Tuple

from agent import chance, configuration, expectation, faults, files, formats
from agent.drawing import FIRST_WEIGHTS
from agent.fixture import Fixture
from agent.report import FixtureFault, Report


def save(request: Dict[str, Any], report: Report, session: str) -> None:
    """Save the fixture in the asked format into the artifact directory, with expectation and manifest."""
    import tensorflow as tf

    fixture = Fixture(request, tf)
    faults.possible(request)
    report.phase("build")
    expected = reference(fixture, request, report, session)
    model, optimizer = trained(fixture, report)
    report.phase("expect")
    if expected["chance"]:
        # No two trainings are alike, so what counts is the very model that is saved.
        expectation.record_further(fixture, model, expected)
        expected.update(expectation.take(fixture, model, optimizer), chance=True)
        chance.evaluate_twin(fixture, expected)
    else:
        differs = expectation.difference(expected, expectation.take(fixture, model, optimizer))
        if differs:
            raise FixtureFault("built and trained twice, %s differ: nothing can be compared" % differs)
    if faults.of(request):
        # Afterwards there may be nobody to ask.
        expected["configuration"] = configuration.read(model)
    expectation.write(request["artifact"], expected)

    def write(place: str, model: Any = model, optimizer: Any = optimizer) -> None:
        path = os.path.join(place, formats.PATHS[request["format"]])
        own = fixture.own("save", model, optimizer, path) if request["format"] == "own" else None
        report.phase("save")
        if own is not None:
            own()
            return
        formats.save(request["format"], tf, model, optimizer if expected["optimizer"] else None, place, report)

    def again(place: str) -> Dict[str, Any]:
        # Saving can change the object that is saved, so this is another one.
        write(place, *trained(fixture, report))
        return formats.contents(request["format"], tf, place)

    target = faults.place(request)
    if faults.of(request):
        faults.save(request, report, write, again)
    else:
        os.mkdir(target)
        write(target)
    report.check("loaded", "not-applicable")
    report.phase("inspect")
    if not faults.of(request):
        # No sooner, as code of the user's answers: where the save asks it too, what it does is done by then. Elsewhere it is not asked.
        expected["configuration"] = configuration.read(model, own=request["format"] in formats.WITH_CONFIGS)
        if expected["chance"]:
            chance.record_steps(fixture, model, optimizer, expected)
            expectation.write(request["artifact"], expected)
        expectation.write_facts(request["artifact"], expected)
    files.resolve_links(target)
    report.facts["files"] = files.listing(target)
    finding, why = formats.inspect(request["format"], tf, target, expected)
    if finding:
        report.facts["findings"].append(finding)
        report.note(incomplete=why)
    elif why:
        report.note(inspected=why)
    contents = formats.contents(request["format"], tf, target)
    report.note(optimizer_in_artifact=contents["optimizer"], arrays_in_artifact=contents["count"])
    if faults.of(request):
        if "optimizer" not in report.facts["fault"]:
            faults.note(request, report, optimizer=contents["optimizer"])
        if faults.of(request) in faults.AFTER and not finding:
            faults.damage(request, report, target, [value.tobytes() for value in expected["weights"]])
        # The agent completes this artifact, as it does that of a child that died.
        return
    files.write_manifest(request, contents["optimizer"])


def trained(fixture: Fixture, report: Report) -> Tuple[Any, Any]:
    """Return a new model of the fixture and its optimizer, after the first training steps."""
    report.phase("build")
    model = fixture.build(FIRST_WEIGHTS)
    optimizer = fixture.optimizer(model)
    fixture.custom_objects()
    report.phase("train")
    if optimizer is not None:
        fixture.warm_up(model, optimizer)
    return model, optimizer


def reference(fixture: Fixture, request: Dict[str, Any], report: Report, session: str) -> Dict[str, Any]:
    """Return what the fixture is expected to be, made once an agent: each format's own build is held against it."""
    asked = json.dumps([request["fixture"]["name"], request["fixture"]["file"], fixture.options], sort_keys=True)
    key = hashlib.sha256(asked.encode()).hexdigest()[:32]
    place = os.path.join(session, "reference", key)
    if not os.path.isdir(place):
        part = "%s.%d" % (place, os.getpid())
        os.makedirs(part)
        expectation.write(part, expectation.make(fixture))
        try:
            os.rename(part, place)
        except OSError:
            shutil.rmtree(part)
    return expectation.read(place)
