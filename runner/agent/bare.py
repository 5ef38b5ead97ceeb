"""The bare work, for measuring: requests one after another in one warm process, without isolation, limits or supervision."""

import os
import shutil
import time
from typing import Any, Dict, List

from agent import cell, children, describe, files


def run_bare(requests: List[str], session: str, times: str) -> int:
    """Import TensorFlow, run the first request once to warm up and then all of them; write what each took to `times`."""
    os.makedirs(session, exist_ok=True)
    children.silence(files.read_json(requests[0]))
    started = time.monotonic()
    tf = describe.import_tensorflow()
    imported = time.monotonic() - started
    warm_up = _run(requests[0], session)
    cells = []
    for path in requests:
        # What one model leaves behind would slow down the next, or give its layers other names.
        tf.keras.backend.clear_session()
        cells.append(_run(path, session))
    files.write_json(times, {"import_s": imported, "warm_up": warm_up, "cells": cells})
    return 0


def _run(path: str, session: str) -> Dict[str, Any]:
    """Run one request and return its id, its seconds, and whether every check of it passed."""
    started = time.monotonic()
    request = files.read_json(path)
    os.makedirs(request["scratch"], exist_ok=True)
    cell.run(request, session=session).release()
    os.chdir(session)
    shutil.rmtree(request["scratch"], ignore_errors=True)
    seconds = time.monotonic() - started
    facts = files.read_json(cell.begun(request))
    passed = facts["phase"] == "done" and all(check["result"] != "failed" for check in facts["checks"].values())
    return {"id": request["id"], "seconds": seconds, "passed": passed}
