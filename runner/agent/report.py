"""What a child found out so far, kept in a file from phase to phase, so that a crash loses only the phase it happened in."""

import json
import logging
import os
import re
import traceback
import warnings
from typing import Any, Dict, Optional

from agent import files

# Messages by which TensorFlow and Keras say that a restore was partial or that something was skipped.
PARTIAL = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"value in checkpoint could not be found in the restored object",
        r"unresolved object in checkpoint",
        r"being deleted with unrestored values",
        r"not all checkpointed values were used",
        r"skipping variable loading for",
        r"skipping loading (of )?(the )?(weights|layer)",
        r"could not be loaded",
        r"could not load weights",
        r"freshly initialized optimizer",
        r"some layers .*not (initialized|loaded)",
        r"inconsistent references when loading the checkpoint",
    )
]


# Where TensorFlow, Keras and absl log.
LOGGERS = ("", "tensorflow", "absl", "keras")


class FixtureFault(Exception):
    """The fixture does not keep its contract; says nothing about TensorFlow."""


class Unsupported(Exception):
    """The environment lacks the format, the loader or something the fixture needs."""

    def __init__(self, reason: str, why: str) -> None:
        super().__init__(why)
        self.reason = reason
        self.why = why


class Report:
    """The facts of one cell, as the result contract has them."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._warnings = None  # type: Any
        self._handlers = []  # type: List[Tuple[logging.Logger, logging.Handler]]
        self.facts = {
            "phase": "fixture",
            "unsupported": None,
            "fixture_fault": None,
            "error": None,
            "checks": {},
            "warnings": [],
            "findings": [],
            "files": [],
            "fault": None,
            "notes": {},
        }  # type: Dict[str, Any]

    def phase(self, name: str) -> None:
        """Say what is being done from now on."""
        self.facts["phase"] = name
        self.write()

    def check(self, name: str, result: str, difference: Optional[float] = None, reason: Optional[str] = None, **detail: Any) -> None:
        """Record one rung of the ladder: `result` is passed, failed or not-applicable."""
        self.facts["checks"][name] = {"result": result, "difference": difference, "reason": reason, "detail": detail}

    def note(self, **notes: Any) -> None:
        """Record further evidence."""
        self.facts["notes"].update(notes)

    def error(self, error: BaseException, missing_object: Optional[str] = None) -> None:
        """Record the exception that ended the cell."""
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        self.facts["error"] = {
            "type": type(error).__name__,
            "message": message_of(error)[:20000],
            "traceback": text[-12000:],
            "phase": self.facts["phase"],
            "missing_object": missing_object,
            "errno": error_number(error),
        }

    def warn(self, category: str, message: str) -> None:
        """Record a warning once; whether it speaks of a partial restore is told by its words."""
        item = {"category": category, "message": message[:2000], "partial": is_partial(message)}
        if item not in self.facts["warnings"] and len(self.facts["warnings"]) < 60:
            self.facts["warnings"].append(item)

    def write(self) -> None:
        """Put the facts where the agent finds them."""
        part = self.path + ".part"
        with open(part, "w", encoding="utf-8") as stream:
            json.dump(self.facts, stream, default=files._plain)
        os.replace(part, self.path)

    def capture(self) -> None:
        """Listen to Python warnings and to the loggers of TensorFlow, Keras and absl; they are still printed."""

        def show(message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None) -> None:
            self.warn(getattr(category, "__name__", str(category)), str(message))
            said = "%s:%s: %s: %s" % (filename, lineno, getattr(category, "__name__", category), message)
            # As Python prints it: what cannot be written must not become an error of the load.
            print(said.encode("utf-8", "backslashreplace").decode("utf-8"), flush=True)

        self._warnings = warnings.catch_warnings()
        self._warnings.__enter__()
        warnings.showwarning = show
        # Also makes Python forget which warnings it has shown.
        warnings.simplefilter("default")
        handler = _Handler(self)
        for name in LOGGERS:
            logger = logging.getLogger(name)
            logger.addHandler(handler)
            self._handlers.append((logger, handler))

    def release(self) -> None:
        """Listen no more, and leave filters and loggers as they were."""
        self._warnings.__exit__(None, None, None)
        for logger, handler in self._handlers:
            logger.removeHandler(handler)
        self._handlers = []


class _Handler(logging.Handler):
    def __init__(self, report: Report) -> None:
        super().__init__(level=logging.WARNING)
        self.report = report

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.report.warn(record.levelname, record.getMessage())
        except Exception as error:
            print("a log record could not be read: %r" % error, flush=True)


def is_clean(facts: Dict[str, Any]) -> bool:
    """Say whether the facts are of a load in which all passed: no check, error, finding or warning speaks against it."""
    results = {name: check["result"] for name, check in facts["checks"].items()}
    return (
        facts["phase"] == "done"
        and not any(facts[name] for name in ("unsupported", "fixture_fault", "error", "findings"))
        and not any(warning["partial"] for warning in facts["warnings"])
        and set(results.values()) <= {"passed", "not-applicable"}
        and results.get("loaded") == "passed"
        and "passed" in (results.get("weights"), results.get("outputs"))
    )


def is_partial(message: str) -> bool:
    """Say whether a message speaks of a partial or skipped restore."""
    return any(pattern.search(message) for pattern in PARTIAL)


def message_of(error: BaseException) -> str:
    """Return what an exception says; one of the user's own may raise even when it is asked for that."""
    try:
        return str(error)
    except Exception as other:
        return "its message could not be read: %s" % type(other).__name__


def error_number(error: BaseException) -> Optional[int]:
    """Return the errno of the error or of what caused it; TensorFlow and h5py give theirs in words only."""
    seen = []  # type: List[BaseException]
    current = error  # type: Optional[BaseException]
    while current is not None and current not in seen:
        seen.append(current)
        number = getattr(current, "errno", None)
        if isinstance(number, int):
            return number
        message = message_of(current)
        match = re.search(r"errno = (\d+)", message)
        if match:
            return int(match.group(1))
        for words, value in (
            ("No space left on device", 28),
            ("File too large", 27),
            ("Permission denied", 13),
            ("Read-only file system", 30),
        ):
            if words in message:
                return value
        current = current.__cause__ or current.__context__
    return None
