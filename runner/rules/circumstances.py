"""Resources, crashes, damage and the set-up: what went wrong around TensorFlow rather than in it."""

from __future__ import annotations

from runner.model import Reason, Stage
from runner.rules.base import FAULT, Rule, pattern

DAMAGE = (
    Rule(
        name="damage-unnoticed",
        cause="the file is damaged, and nothing that its loader looks at tells",
        class_="damage",
        remedy="keep a checksum beside the file and compare it before loading",
        reasons=(Reason.DAMAGE_UNNOTICED,),
    ),
)

RESOURCES = (
    Rule(
        name="killed-from-outside",
        cause="something outside killed the process, usually because the machine had no memory left",
        class_="resources",
        remedy="run fewer --jobs, or on a machine with more memory; it says nothing about the versions",
        reasons=(Reason.OUT_OF_MEMORY,),
        notes={"why": pattern("outside killed")},
    ),
    Rule(
        name="memory-limit",
        cause="it needed more memory than a cell may use",
        class_="resources",
        remedy="raise limits.memory_mb if the model is large; a small model that needs this much is a finding",
        reasons=(Reason.OUT_OF_MEMORY,),
    ),
    Rule(
        name="disk-full",
        cause="the disk was full, or the cell wrote more than it may",
        class_="resources",
        remedy="free the disk, or raise limits.disk_mb; what was half written must be saved again",
        reasons=(Reason.DISK_FULL,),
    ),
    Rule(
        name="permission",
        cause="a file could not be read or written: the user has no right to it, or the place is read-only",
        class_="resources",
        remedy="look at owner and mode of the path in the message",
        reasons=(Reason.PERMISSION_DENIED,),
    ),
)

BEFORE = pattern(r"in the phase (fixture|build|train|expect|rebuild)\b")
"""What the runner says of a process that ended before anything was saved or loaded."""

CRASHES = (
    Rule(
        name="model-code-hangs",
        cause="the model's own code does not come to an end while the model is made or trained: nothing was saved or loaded yet",
        class_="setup",
        remedy="run the build of the fixture alone; raise limits.seconds if it is only slow",
        reasons=(Reason.TIMED_OUT,),
        notes={"why": BEFORE},
    ),
    Rule(
        name="nested-h5-hangs",
        cause="load_model of .h5 in Keras 3 does not come to an end, as it does not for models of Keras 2 that hold other models: it waits"
        " for calls of theirs that Keras 2 numbered otherwise",
        class_="keras-2-to-3",
        remedy="build the model in code and call load_weights on the same .h5 file",
        link="https://github.com/keras-team/keras/pull/19669",
        reasons=(Reason.TIMED_OUT,),
        stages=(Stage.LOAD,),
        formats=("h5",),
        loaders=("load-model", "load-model-nocompile"),
        producer=("keras<3",),
        consumer=("keras>=3",),
    ),
    Rule(
        name="load-hangs",
        cause="the load does not come to an end",
        class_="crash",
        remedy="raise limits.seconds once, to see whether it is only slow; else another format or loader",
        reasons=(Reason.TIMED_OUT,),
        stages=(Stage.LOAD,),
    ),
    Rule(
        name="save-hangs",
        cause="the save does not come to an end",
        class_="crash",
        remedy="raise limits.seconds once, to see whether it is only slow; else another format",
        reasons=(Reason.TIMED_OUT,),
    ),
    Rule(
        name="check-failed",
        cause="TensorFlow ended the process itself: an inner check of its C++ code failed",
        class_="crash",
        remedy="another format or loader; the line in the log says which check",
        reasons=(Reason.CRASHED,),
        log=pattern(r"(Check failed: [^\n]{1,100})", r"(Fatal Python error: [^\n]{1,80})"),
    ),
    Rule(
        name="signal",
        cause="the process died of a signal: a fault in compiled code",
        class_="crash",
        remedy="another format or loader; the log of the cell may say where",
        reasons=(Reason.CRASHED,),
        notes={"signal": FAULT},
    ),
    Rule(
        name="signal-sent",
        cause="the process died of a signal that no fault in compiled code raises: code of the model, or something outside, sent it or set"
        " an alarm (14)",
        class_="crash",
        remedy="look for signal, alarm and os.kill in the code that this model runs while it is made, saved and loaded",
        reasons=(Reason.CRASHED,),
        notes={"signal": pattern(r"(\d{1,3})")},
    ),
    Rule(
        name="left-with-exit-code",
        cause="the process left with an exit code of its own before it had a result, and of no signal: code of the model or of its"
        " fixture ended it (os._exit)",
        class_="custom-code",
        remedy="look for os._exit in the code that this model runs while it is made, saved and loaded; the log of the cell has what it"
        " said last",
        reasons=(Reason.CRASHED,),
        notes={"exit_code": pattern(r"(-?\d{1,5})")},
    ),
    Rule(
        name="left-without-result",
        cause="the process ended before it had a result, and of no signal: as a rule code of the model or of its fixture ended it"
        " (os._exit)",
        class_="custom-code",
        remedy="look for os._exit in the code that this model runs while it is made, saved and loaded; the log of the cell has what it"
        " said last",
        reasons=(Reason.CRASHED,),
    ),
)

SETUP = (
    Rule(
        name="fixture-wrong",
        cause="the fixture is wrong: it does not import, breaks its contract, or does not give the same twice",
        class_="setup",
        remedy="run the cell alone with `reproduce`, then mend the fixture's file",
        reasons=(Reason.FIXTURE_INVALID,),
    ),
    Rule(
        name="flaky",
        cause="the failure did not repeat: no finding",
        class_="setup",
        remedy="run it again with --fresh; a busy machine makes such failures",
        reasons=(Reason.FLAKY,),
    ),
    Rule(
        name="no-python",
        cause="no Python of the version that the environment asks for was found",
        class_="setup",
        remedy="`uv python install` that version, or install it on the machine",
        reasons=(Reason.INTERPRETER_MISSING,),
    ),
    Rule(name="no-lock", cause="the environment has no lock", class_="setup", remedy="nox -s lock", reasons=(Reason.LOCK_MISSING,)),
    Rule(
        name="not-as-locked",
        cause="what is installed is not what the lock asks for",
        class_="setup",
        remedy="nox -s lock, then remove the environment from the cache",
        reasons=(Reason.ENVIRONMENT_MISMATCH,),
    ),
    Rule(
        name="not-resolved",
        cause="the packages of the environment do not fit together, or are not to be had",
        class_="setup",
        remedy="another as_of date; the message names the package",
        reasons=(Reason.RESOLVE_FAILED,),
    ),
    Rule(
        name="not-installed",
        cause="the locked packages could not be installed",
        class_="setup",
        remedy="run again; if it stays, the message names the package that the index does not give",
        reasons=(Reason.INSTALL_FAILED,),
    ),
    Rule(
        name="import-fails",
        cause="TensorFlow is installed and does not import",
        class_="dependency",
        remedy="set as_of near its release and lock again",
        reasons=(Reason.IMPORT_FAILED,),
    ),
    Rule(
        name="engine-silent",
        cause="the container engine does not answer",
        class_="setup",
        remedy="`python -m runner doctor` says what is there; --engine local needs none",
        reasons=(Reason.ENGINE_UNAVAILABLE,),
    ),
    Rule(
        name="no-base-image",
        cause="the base image of the environment is not there and cannot be pulled",
        class_="setup",
        remedy="pull it by hand, or name a mirror in matrix.yaml (images)",
        reasons=(Reason.BASE_IMAGE_MISSING,),
    ),
    Rule(
        name="image-not-built",
        cause="the image of the environment could not be built",
        class_="setup",
        remedy="the log of the cell has the end of the build",
        reasons=(Reason.IMAGE_BUILD_FAILED,),
    ),
    Rule(
        name="disk-budget",
        cause="one more image would need more disk than images may use",
        class_="setup",
        remedy="`nox -s images -- --prune`, or raise images.disk_gb",
        reasons=(Reason.DISK_BUDGET,),
    ),
    Rule(
        name="clock-skew",
        cause="the clock of the container engine is not that of this machine",
        class_="setup",
        remedy="set the clock of the engine's machine: results cannot be dated otherwise",
        reasons=(Reason.CLOCK_SKEW,),
    ),
    Rule(
        name="container-failed",
        cause="a container could not be made, started or entered",
        class_="setup",
        remedy="run again; `python -m runner doctor` says what the engine can do",
        reasons=(Reason.CONTAINER_FAILED,),
    ),
    Rule(
        name="no-result",
        cause="the agent gave no usable result",
        class_="setup",
        remedy="run again; if it stays, it is a fault of the runner: the log of the cell has the evidence",
        reasons=(Reason.BAD_RESULT, Reason.AGENT_LOST),
    ),
)
"""All of these are errored: they say nothing about TensorFlow."""
