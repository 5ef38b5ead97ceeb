"""Run one cell in this process, and put together what the child and its watcher know."""

import gc
import os
import signal
import sys
import traceback
from typing import Any, Dict, Optional

from agent import faults, files, fixture
from agent.report import FixtureFault, Report, Unsupported, is_partial
from agent.reset import Before
from agent.seeds import SEED, seed

SCHEMA = 1


def run_request(path: str, session: str) -> int:
    """Run the request in a fresh interpreter: what a fork inherits is done here first."""
    from agent import children, describe

    request = files.read_json(path)
    children.silence(request)
    try:
        tf = describe.import_tensorflow()
    except BaseException:
        traceback.print_exc()
        return 1
    lacking = describe.lacking(describe.capabilities(tf), request)
    run(request, session=session, lacking=lacking)
    return 0


def run(request: Dict[str, Any], session: str, lacking: Optional[Dict[str, str]] = None, before: Optional[Before] = None) -> Report:
    """Run the request and write the facts beside the result path. Raises nothing: failures are facts.

    `before` is told when to look at the process, if another cell may follow in it. The report still listens at the end.
    """
    # What a save writes has the usual rights whoever runs the agent.
    os.chdir(request["scratch"])
    os.environ["TMPDIR"] = request["scratch"]
    report = Report(begun(request))
    report.write()
    report.capture()
    try:
        if lacking:
            raise Unsupported(**lacking)
        seed(SEED)
        for need in request["fixture"].get("needs") or []:
            fixture.require(need)
        if before is not None:
            before.remember()
        if request["stage"] == "save":
            from agent import saving

            saving.save(request, report, session)
        else:
            from agent import loading

            loading.load(request, report)
        report.phase("done")
    except Unsupported as error:
        report.facts["unsupported"] = {"reason": error.reason, "why": error.why}
    except FixtureFault as error:
        report.facts["fixture_fault"] = str(error)
        _print_traceback()
    except BaseException as error:
        _print_traceback()
        report.error(error, missing_object=getattr(error, "missing_object", None))
        # The frames hold the model: without them it can die here and say what it never restored.
        error.__traceback__ = None
    # A restore that left values over says so when its objects die, which is usually at the interpreter's end.
    gc.collect()
    report.facts["finished"] = True
    report.write()
    return report


def _print_traceback() -> None:
    """Print the exception being handled into the log, if that can still be written."""
    try:
        traceback.print_exc()
        sys.stderr.flush()
    except OSError:
        pass


def begun(request: Dict[str, Any]) -> str:
    """Return the file of the child's facts; it is there as soon as the child has begun with the cell itself."""
    return str(request["result"]) + ".facts"


def unsupported(request: Dict[str, Any], lacking: Dict[str, str]) -> Dict[str, Any]:
    """Return the result of a request that the environment has nothing for; no child is needed to say so."""
    result = {"schema": SCHEMA, "id": request["id"]}
    result.update(Report("").facts, unsupported=lacking, ended="exit", exit_code=0, signal=None, memory_peak_mb=0.0, duration_s=0.0, log="")
    return result


def collect(request: Dict[str, Any], end: Dict[str, Any]) -> Dict[str, Any]:
    """Join the child's facts, the way it ended, and its log into the result of the contract."""
    try:
        facts = files.read_json(begun(request))
        os.unlink(begun(request))
    except (OSError, ValueError):
        facts = Report("").facts
    faults.complete(request, facts)
    log = files.tail(request["log"])
    known = {item["message"] for item in facts["warnings"]}
    for line in log.splitlines():
        if is_partial(line) and not any(message in line or line in message for message in known):
            facts["warnings"].append({"category": "log", "message": line[:2000], "partial": True})
            known.add(line)
    result = {"schema": SCHEMA, "id": request["id"]}
    finished = facts.pop("finished", False)
    result.update(facts)
    result.update(end)
    if end["ended"] == "exit" and not finished:
        result["ended"] = "lost"
    if end["signal"] == signal.SIGXFSZ:
        result["ended"] = "disk"
    result["log"] = log
    return result
