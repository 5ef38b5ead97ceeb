"""Libraries, the machine and the set-up: what went wrong around TensorFlow rather than in it."""

from __future__ import annotations

from runner.model import Reason
from runner.rules.base import Rule, pattern

DEPENDENCIES = (
    Rule(
        cause="protobuf is newer than the generated code of this TensorFlow",
        class_="dependency",
        remedy="pin protobuf as of the release (below 3.21 up to TensorFlow 2.11), or set as_of",
        pattern=pattern(
            r"Descriptors cannot (?:not )?be created directly",
            r"google\.protobuf.{0,80}has no attribute",
            r"MessageFactory.{0,60}GetPrototype",
        ),
    ),
    Rule(
        cause="NumPy is newer than this code allows",
        class_="dependency",
        remedy="pin numpy below the version that removed it (below 2, or below 1.24), or set as_of",
        pattern=pattern(
            r"module 'numpy' has no attribute",
            r"np\.\w{1,30}. was removed in the NumPy 2",
            r"compiled using NumPy 1\.",
            r"numpy\.dtype size changed",
            r"numpy\.core\._multiarray_umath failed",
            r"_ARRAY_API not found",
        ),
    ),
    Rule(
        cause="h5py 3 gives text where this Keras expects bytes",
        class_="dependency",
        remedy="pin h5py below 3 in the consumer",
        pattern=pattern(r"'str' object has no attribute 'decode'"),
    ),
    Rule(
        cause="wrapt is newer than this TensorFlow allows",
        class_="dependency",
        remedy="pin wrapt below 1.15, or set as_of",
        pattern=pattern(r"_DictWrapper.{0,80}__dict__", r"this __dict__ descriptor does not support '_DictWrapper'"),
    ),
    Rule(
        cause="TensorFlow Addons is missing or does not fit this TensorFlow",
        class_="dependency",
        remedy="add addons to the environment (they end at TensorFlow 2.15), or replace the addon in the model",
        pattern=pattern(r"No module named '?tensorflow_addons", r"(?:Unknown \w{1,20}|Could not locate class):? '?Addons>"),
    ),
    Rule(
        cause="a module is missing in the environment",
        class_="dependency",
        remedy="add it to `packages` of the environment, or to `needs` of the fixture",
        pattern=pattern(r"^ModuleNotFoundError"),
        reasons=(Reason.IMPORT_FAILED, Reason.FIXTURE_INVALID),
    ),
)

MACHINE = (
    Rule(
        cause="the file is damaged, and nothing that its loader looks at tells",
        class_="damage",
        remedy="keep a checksum beside the file and compare it before loading",
        reasons=(Reason.DAMAGE_UNNOTICED,),
    ),
    Rule(
        cause="the process died of a signal",
        class_="crash",
        remedy="another format or loader; the log of the cell may say where",
        reasons=(Reason.CRASHED,),
    ),
    Rule(
        cause="it did not end within the time limit",
        class_="crash",
        remedy="raise limits.seconds if the model is large; else it hangs",
        reasons=(Reason.TIMED_OUT,),
    ),
    Rule(
        cause="it needed more memory than it may use",
        class_="machine",
        remedy="raise limits.memory_mb, or run fewer --jobs",
        reasons=(Reason.OUT_OF_MEMORY,),
    ),
    Rule(
        cause="it needed more disk than it may use or than there is",
        class_="machine",
        remedy="free the disk, or raise limits.disk_mb",
        reasons=(Reason.DISK_FULL,),
    ),
    Rule(
        cause="a file could not be read or written",
        class_="machine",
        remedy="look at owner and mode of the path in the message",
        reasons=(Reason.PERMISSION_DENIED,),
    ),
)

SETUP = (
    Rule(
        cause="the fixture is wrong",
        class_="setup",
        remedy="run it alone: reproduce, then mend the fixture's file",
        reasons=(Reason.FIXTURE_INVALID,),
    ),
    Rule(cause="the failure did not repeat", class_="setup", remedy="run it again with --fresh", reasons=(Reason.FLAKY,)),
    Rule(
        cause="no Python of that version was found",
        class_="setup",
        remedy="`uv python install` that version",
        reasons=(Reason.INTERPRETER_MISSING,),
    ),
    Rule(cause="the environment has no lock", class_="setup", remedy="nox -s lock", reasons=(Reason.LOCK_MISSING,)),
    Rule(
        cause="what is installed is not what the lock asks for",
        class_="setup",
        remedy="nox -s lock, then remove the environment from the cache",
        reasons=(Reason.ENVIRONMENT_MISMATCH,),
    ),
    Rule(
        cause="the packages could not be resolved",
        class_="setup",
        remedy="another as_of date; the message names the package",
        reasons=(Reason.RESOLVE_FAILED,),
    ),
    Rule(
        cause="the packages could not be installed",
        class_="setup",
        remedy="run again; the message names the package",
        reasons=(Reason.INSTALL_FAILED,),
    ),
    Rule(
        cause="TensorFlow is installed and does not import",
        class_="dependency",
        remedy="set as_of near its release and lock again",
        reasons=(Reason.IMPORT_FAILED,),
    ),
    Rule(cause="the engine does not answer", class_="setup", remedy="runner doctor", reasons=(Reason.ENGINE_UNAVAILABLE,)),
    Rule(
        cause="the agent gave no usable result",
        class_="setup",
        remedy="run again; if it stays, it is a fault of the runner: the log of the cell has the evidence",
        reasons=(Reason.BAD_RESULT, Reason.AGENT_LOST),
    ),
)
