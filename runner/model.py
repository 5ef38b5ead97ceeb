"""The words of the project as frozen types: used by every module, importing none of them.

Nothing here does I/O. Ids are made from fields and never parsed back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Isolation = Literal["shared", "fork", "process"]
"""How far cells are kept apart, from least to most: loads of one fixture share a forked child as long as they pass; each cell has a
forked child of its own; each has a fresh interpreter."""


class Status(StrEnum):
    """What happened to a cell; ordered from best to worst by `SEVERITY`."""

    PASSED = "passed"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    BLOCKED = "blocked"
    ERRORED = "errored"
    NOT_RUN = "not-run"


SEVERITY: dict[Status, int] = {
    Status.UNSUPPORTED: 0,
    Status.PASSED: 1,
    Status.NOT_RUN: 2,
    Status.DEGRADED: 3,
    Status.BLOCKED: 4,
    Status.ERRORED: 5,
    Status.FAILED: 6,
}
"""How bad a status looks in a table cell that folds several outcomes; higher is worse."""


class Stage(StrEnum):
    """The three kinds of cells."""

    BUILD = "build"
    SAVE = "save"
    LOAD = "load"


class Check(StrEnum):
    """The rungs of the ladder, in the order in which they are climbed."""

    LOADED = "loaded"
    STRUCTURE = "structure"
    SIGNATURE = "signature"
    WEIGHTS = "weights"
    OUTPUTS = "outputs"
    CONFIG = "config"
    COMPILE = "compile"
    OPTIMIZER = "optimizer"
    TRAIN_STEP = "train-step"


class CheckResult(StrEnum):
    """The result of one check; `not-applicable` says that this loader or fixture has nothing to compare."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not-applicable"
    NOT_REACHED = "not-reached"


class Reason(StrEnum):
    """Why a cell is not `passed`. `REASONS` says of each what it means and whether it may be spurious."""

    SAVE_RAISED = "save-raised"
    SAVE_WROTE_NOTHING = "save-wrote-nothing"
    ARTIFACT_INCOMPLETE = "artifact-incomplete"
    LOAD_RAISED = "load-raised"
    PREDICT_RAISED = "predict-raised"
    TRAIN_STEP_RAISED = "train-step-raised"
    STRUCTURE_DIFFERS = "structure-differs"
    SIGNATURE_DIFFERS = "signature-differs"
    WEIGHTS_DIFFER = "weights-differ"
    OUTPUTS_DIFFER = "outputs-differ"
    OPTIMIZER_LOST = "optimizer-lost"
    OPTIMIZER_DIFFERS = "optimizer-differs"
    CONFIG_DIFFERS = "config-differs"
    COMPILE_LOST = "compile-lost"
    TRAIN_STEP_DIFFERS = "train-step-differs"
    PARTIAL_RESTORE = "partial-restore"
    DAMAGE_UNNOTICED = "damage-unnoticed"
    CUSTOM_OBJECT_MISSING = "custom-object-missing"
    CRASHED = "crashed"
    TIMED_OUT = "timed-out"
    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    PERMISSION_DENIED = "permission-denied"
    FORMAT_UNSUPPORTED = "format-unsupported"
    LOADER_UNSUPPORTED = "loader-unsupported"
    NEED_UNMET = "need-unmet"
    FIXTURE_INVALID = "fixture-invalid"
    FLAKY = "flaky"
    ENVIRONMENT_MISMATCH = "environment-mismatch"
    INTERPRETER_MISSING = "interpreter-missing"
    LOCK_MISSING = "lock-missing"
    RESOLVE_FAILED = "resolve-failed"
    INSTALL_FAILED = "install-failed"
    IMPORT_FAILED = "import-failed"
    ENGINE_UNAVAILABLE = "engine-unavailable"
    BASE_IMAGE_MISSING = "base-image-missing"
    IMAGE_BUILD_FAILED = "image-build-failed"
    DISK_BUDGET = "disk-budget"
    CLOCK_SKEW = "clock-skew"
    CONTAINER_FAILED = "container-failed"
    BAD_RESULT = "bad-result"
    AGENT_LOST = "agent-lost"
    BLOCKED_BY = "blocked-by"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True)
class ReasonInfo:
    """What a reason means, and whether seeing it once is too little to believe it."""

    text: str
    spurious: bool = False


REASONS: dict[Reason, ReasonInfo] = {
    Reason.SAVE_RAISED: ReasonInfo("the save raised an exception"),
    Reason.SAVE_WROTE_NOTHING: ReasonInfo("the save raised nothing and wrote nothing"),
    Reason.ARTIFACT_INCOMPLETE: ReasonInfo("the save raised nothing and wrote less than a whole artifact"),
    Reason.LOAD_RAISED: ReasonInfo("the load raised an exception"),
    Reason.PREDICT_RAISED: ReasonInfo("the model loaded, and its first call raised"),
    Reason.TRAIN_STEP_RAISED: ReasonInfo("the model loaded and predicts, and its first train step raised"),
    Reason.STRUCTURE_DIFFERS: ReasonInfo("the loaded model has other layers, variables or trainable flags"),
    Reason.SIGNATURE_DIFFERS: ReasonInfo("the serving signature is missing or takes or gives something else"),
    Reason.WEIGHTS_DIFFER: ReasonInfo("the load raised nothing, and weights are not those that were saved"),
    Reason.OUTPUTS_DIFFER: ReasonInfo("the load raised nothing, and the outputs are not those of the saved model"),
    Reason.OPTIMIZER_LOST: ReasonInfo("the optimizer came back fresh: no slots, or iterations from zero"),
    Reason.OPTIMIZER_DIFFERS: ReasonInfo("the optimizer came back with other slots, iterations or hyperparameters"),
    Reason.CONFIG_DIFFERS: ReasonInfo("a layer came back with another argument, dtype policy, vocabulary or random state"),
    Reason.COMPILE_LOST: ReasonInfo("a compiled model came back uncompiled, with another loss or without metrics"),
    Reason.TRAIN_STEP_DIFFERS: ReasonInfo("one more train step gives neither what the producer got nor a fresh start"),
    Reason.PARTIAL_RESTORE: ReasonInfo("everything compared is right, but the load warned of values it skipped"),
    Reason.DAMAGE_UNNOTICED: ReasonInfo("a damaged file loaded without a word, with wrong values"),
    Reason.CUSTOM_OBJECT_MISSING: ReasonInfo("the load could not find a class or function that the model uses"),
    Reason.CRASHED: ReasonInfo("the process died of a signal or left without a result", spurious=True),
    Reason.TIMED_OUT: ReasonInfo("the time limit of the cell was reached", spurious=True),
    Reason.OUT_OF_MEMORY: ReasonInfo("the memory limit of the cell, or the memory of the machine, was reached", spurious=True),
    Reason.DISK_FULL: ReasonInfo("the disk limit of the cell, or the disk of the machine, was reached", spurious=True),
    Reason.PERMISSION_DENIED: ReasonInfo("a file or directory could not be written or read"),
    Reason.FORMAT_UNSUPPORTED: ReasonInfo("the producer has no such format"),
    Reason.LOADER_UNSUPPORTED: ReasonInfo("the consumer has no such loader"),
    Reason.NEED_UNMET: ReasonInfo("the environment lacks something the fixture declares that it needs"),
    Reason.FIXTURE_INVALID: ReasonInfo("the fixture is at fault: it does not import, returns nonsense, or is not deterministic"),
    Reason.FLAKY: ReasonInfo("a failure that did not repeat: no finding"),
    Reason.ENVIRONMENT_MISMATCH: ReasonInfo("what is installed is not what was asked for"),
    Reason.INTERPRETER_MISSING: ReasonInfo("no Python of the asked version was found"),
    Reason.LOCK_MISSING: ReasonInfo("the environment has no lock: `nox -s lock` makes it"),
    Reason.RESOLVE_FAILED: ReasonInfo("the packages of the environment could not be resolved"),
    Reason.INSTALL_FAILED: ReasonInfo("the locked packages could not be installed", spurious=True),
    Reason.IMPORT_FAILED: ReasonInfo("TensorFlow is installed and does not import"),
    Reason.ENGINE_UNAVAILABLE: ReasonInfo("the engine does not answer", spurious=True),
    Reason.BASE_IMAGE_MISSING: ReasonInfo("the base image is not there and cannot be pulled", spurious=True),
    Reason.IMAGE_BUILD_FAILED: ReasonInfo("the image of the environment could not be built", spurious=True),
    Reason.DISK_BUDGET: ReasonInfo("one more image would need more disk than images may use"),
    Reason.CLOCK_SKEW: ReasonInfo("the clock of the engine is not that of this machine"),
    Reason.CONTAINER_FAILED: ReasonInfo("a container could not be made, started or entered", spurious=True),
    Reason.BAD_RESULT: ReasonInfo("the agent gave a result that is not of the contract", spurious=True),
    Reason.AGENT_LOST: ReasonInfo("the agent died or fell silent", spurious=True),
    Reason.BLOCKED_BY: ReasonInfo("a cell that this one needs did not pass"),
    Reason.INTERRUPTED: ReasonInfo("the run was interrupted before this cell"),
}


def _version_minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One TensorFlow + Python + addons/Keras combination. Versions are exact; None means absent.

    An environment with a `channel` (`newest-pre`, or `newest` of tf-nightly) gets its exact `tensorflow` from its lock;
    until it has one, `tensorflow` is the word of the channel.
    """

    id: str
    tensorflow: str
    package: str = "tensorflow-cpu"
    python: str
    addons: str | None = None
    keras: str | None = None
    tf_keras: str | None = None
    as_of: str | None = None
    packages: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    channel: str | None = None

    @property
    def pinned(self) -> bool:
        """Whether the exact TensorFlow is known."""
        return self.tensorflow != self.channel


def environment_id(
    *,
    tensorflow: str,
    python: str,
    package: str = "tensorflow-cpu",
    addons: str | None = None,
    keras: str | None = None,
    tf_keras: str | None = None,
) -> str:
    """Return the default id: `tf2.15-py311`, `tf2.15-tfa0.23-py311`, `tf2.16-tfkeras-py312`, `tfpre-py313`, `tfnightly-py313`."""
    if package.startswith("tf-nightly"):
        name = "tfnightly"
    elif tensorflow == "newest-pre":
        name = "tfpre"
    elif "rc" in tensorflow or "dev" in tensorflow:
        name = f"tf{tensorflow}"
    else:
        name = f"tf{_version_minor(tensorflow)}"
    parts = [name]
    if addons:
        parts.append(f"tfa{_version_minor(addons)}")
    if keras:
        parts.append(f"keras{_version_minor(keras)}")
    if tf_keras:
        parts.append("tfkeras")
    return "-".join([*parts, f"py{python.replace('.', '')}"])


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """How images are built: the base image of a Python (`{python}` stands for it), and what a network needs that is not open.

    `bases` are exceptions by Python version. `index` is a package index without credentials, `ca` a file of certificates,
    `disk_gb` what all images may use together (1 GB = 10**9 bytes), None for no limit but the disk's.
    """

    base: str = "python:{python}-slim-bookworm"
    bases: tuple[tuple[str, str], ...] = ()
    index: str | None = None
    ca: Path | None = None
    disk_gb: float | None = None

    def base_of(self, python: str) -> str:
        """Return the base image of a Python version."""
        return dict(self.bases).get(python, self.base).format(python=python)


Formats = tuple[tuple[str, tuple[str, ...]], ...]
"""Formats with the loaders that are to read each, in order."""


@dataclass(frozen=True, kw_only=True)
class Fixture:
    """A model, its data and its training, in one variant.

    `key` is the name in cell ids: `sequential`, or `sequential@uncompiled` for a variant.
    `needs` are what must be there in the environment: modules that import, or module:attribute; `formats` are the formats that
    make sense for it, and `loaders` those that are to read a format, where it is not left to the profile; `because` says why.
    `options` are passed to the fixture's functions as keyword arguments; `code` is where its classes are when it is loaded.
    `canary` marks the two that say whether a run can be believed: they are in every run, and no findings.
    """

    name: str
    file: Path
    variant: str | None = None
    options: tuple[tuple[str, bool | int | float | str], ...] = ()
    needs: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    loaders: Formats = ()
    because: str = ""
    code: str = "given"
    isolation: Isolation | None = None
    summary: str = ""
    fault: str | None = None
    canary: str | None = None

    @property
    def key(self) -> str:
        return f"{self.name}@{self.variant}" if self.variant else self.name


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one cell may use. Seconds of wall time; megabytes of resident memory and of disk (1 MB = 10**6 bytes)."""

    seconds: float = 120.0
    memory_mb: int = 4000
    disk_mb: int = 1000


@dataclass(frozen=True, kw_only=True)
class Tolerance:
    """Two numbers are equal when |a - b| <= absolute + relative * |expected|."""

    absolute: float
    relative: float


Tolerances = tuple[tuple[str, Tolerance], ...]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One unit of the matrix. `environment` runs it; for a load that is the consumer, and `producer` made the artifact.

    `fault` and `canary` are those of its fixture. `control` is the fixture that is the same without the fault, where the plan has
    one: what fails there says nothing of the fault.
    """

    stage: Stage
    environment: str
    producer: str | None = None
    fixture: str | None = None
    format: str | None = None
    loader: str | None = None
    fault: str | None = None
    control: str | None = None
    canary: str | None = None

    @property
    def id(self) -> str:
        match self.stage:
            case Stage.BUILD:
                return f"build/{self.environment}"
            case Stage.SAVE:
                return f"save/{self.environment}/{self.fixture}/{self.format}"
            case Stage.LOAD:
                return f"load/{self.producer}/{self.environment}/{self.fixture}/{self.format}/{self.loader}"

    @property
    def needs(self) -> tuple[Cell, ...]:
        """The cells that must have passed (or degraded) before this one can run."""
        match self.stage:
            case Stage.BUILD:
                return ()
            case Stage.SAVE:
                return (Cell(stage=Stage.BUILD, environment=self.environment), *self._sound)
            case Stage.LOAD:
                assert self.producer is not None
                return (
                    replace(self, stage=Stage.SAVE, environment=self.producer, producer=None, loader=None),
                    Cell(stage=Stage.BUILD, environment=self.environment),
                    *self._sound,
                )

    @property
    def _sound(self) -> tuple[Cell, ...]:
        return (replace(self, fixture=self.control, fault=None, control=None),) if self.control else ()


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorInfo(_Record):
    """An exception as the agent saw it; `traceback` is its text, `phase` what was being done."""

    type: str
    message: str
    traceback: str = ""
    phase: str = ""

    @property
    def point(self) -> str:
        """What of the message says what is wrong: Keras quotes the whole configuration first and what it refused last."""
        return self.message.rpartition("Exception encountered:")[2].strip() or self.message


class WarningInfo(_Record):
    """A warning or log line of a cell; `partial` is true when it speaks of a partial or skipped restore."""

    category: str
    message: str
    partial: bool = False


class Diagnosis(_Record):
    """The cause of a failure in plain words, its class, and what usually helps.

    `detail` is what it is about in this cell: the class, keyword, operation or slot. `link` is where the cause is discussed upstream.
    """

    cause: str
    class_: str = Field(alias="class")
    remedy: str = ""
    detail: str = ""
    link: str = ""
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Outcome(_Record):
    """What happened to a cell: one line of `run.jsonl`. Never changed after it is written.

    `producer` is set for saves (the environment itself) and loads, `consumer` for loads, `environment` for builds.
    `differences` holds the largest absolute difference of each compared check. `notes` holds further evidence by name.
    `key` is a hash of everything the cell depends on; a cell with the same key need not run again.
    """

    type: Literal["cell"] = "cell"
    id: str
    stage: Stage
    environment: str
    producer: str | None = None
    consumer: str | None = None
    fixture: str | None = None
    format: str | None = None
    loader: str | None = None
    fault: str | None = None
    canary: str | None = None
    status: Status
    reason: Reason | None = None
    checks: dict[Check, CheckResult] = Field(default_factory=dict)
    differences: dict[str, float] = Field(default_factory=dict)
    error: ErrorInfo | None = None
    warnings: tuple[WarningInfo, ...] = ()
    diagnosis: Diagnosis | None = None
    blocked_by: str | None = None
    phase: str | None = None
    duration_s: float = 0.0
    memory_peak_mb: float | None = None
    attempts: int = 0
    confirmed: bool | None = None
    isolation: Isolation | None = None
    reused_from: str | None = None
    key: str = ""
    notes: dict[str, Any] = Field(default_factory=dict)
    log: str = ""


class Shard(_Record):
    """Which part of a plan a run is: part `index` (from 1) `of` so many, of a plan of `plan_cells` cells known by their hash.

    The run owns its cells but the `borrowed` ones, which it needs and other shards have too. `environments` are those of the plan.
    """

    index: int
    of: int
    plan_sha256: str
    plan_cells: int
    environments: tuple[str, ...] = ()
    borrowed: tuple[str, ...] = ()


class Header(_Record):
    """The first line of `run.jsonl`. Of the `planned` cells, `canaries` are the canary's; `inputs` are hashes of what cells depend on.

    `notes` tell what was left out or added; `merged_from` are the runs that it was made of.
    """

    type: Literal["header"] = "header"
    schema_: int = Field(default=1, alias="schema")
    run: str
    started: str
    engine: str
    profile: str
    matrix: str
    matrix_sha256: str
    runner: str
    planned: int
    canaries: int = 0
    environments: dict[str, dict[str, Any]]
    command: tuple[str, ...] = ()
    machine: dict[str, Any] = Field(default_factory=dict)
    engine_facts: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, Any] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shard: Shard | None = None
    merged_from: tuple[str, ...] = ()
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


SHARED_FIELDS: dict[str, str] = {
    "schema_": "schema",
    "matrix_sha256": "matrix file",
    "profile": "profile",
    "engine": "engine",
    "runner": "version of the runner",
    "inputs": "set of fixtures, agent, limits or tolerances",
    "notes": "selection",
}
"""What is the same in the headers of all shards of a plan, and what to call it."""


class Footer(_Record):
    """The last line of `run.jsonl`; a file without one is an interrupted run."""

    type: Literal["footer"] = "footer"
    finished: str
    complete: bool
    counts: dict[Status, int]
    reused: int = 0
    duration_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run as read back: header, outcomes by cell id, and the footer if it got that far."""

    path: Path
    header: Header
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    footer: Footer | None = None

    @property
    def complete(self) -> bool:
        return self.footer is not None and self.footer.complete
