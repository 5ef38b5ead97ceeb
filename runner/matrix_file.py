"""The shape of a matrix file as pydantic models: they validate it, and the JSON Schema for editors is made from them.

Only shapes and closed lists are checked here. What needs the list of releases, other parts of the file or the disk is
checked by `environments` and `spec`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner.faults import FAULTS
from runner.formats import FORMATS, LOADERS
from runner.model import REASONS, Isolation
from runner.nearest import did_you_mean

DTYPES = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128")
PACKAGES = ("tensorflow-cpu", "tensorflow", "tf-nightly", "tf-nightly-cpu")
PAIR_WORDS = ("all", "upgrades", "downgrades", "neighbours")

NAME = r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,79}$"
"""What environments, fixtures and profiles may be called: they are parts of cell ids and of paths."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

NEED = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$"
"""What a fixture may need: a module that imports, or an attribute of one."""


@dataclass(frozen=True)
class OneOf:
    """Annotation of a word from a closed list: wrong ones are told with the nearest right one, editors get the list."""

    kind: str
    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"enum": list(self.words)}

    def _check(self, value: str) -> str:
        if value not in self.words:
            hint = did_you_mean(value, self.words)
            raise PydanticCustomError("unknown_word", "{what}", {"what": f"unknown {self.kind} {value!r}", "hint": hint})
        return value


def _as_list(value: object) -> object:
    values = value if isinstance(value, list) else [value]
    return ["none" if item is None else item for item in values]


OneOrMore = Annotated[
    list[str],
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=1000),
    WithJsonSchema({"anyOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 1}]}),
]
"""A text or a list of texts; null stands for `none`."""


def _by_type(value: object) -> str:
    """Tell the shapes of a value that may be a word, a list or a mapping apart, so that errors speak of one shape only."""
    return "list" if isinstance(value, list) else "mapping" if isinstance(value, dict) else "word"


class Shape(BaseModel):
    """What all parts of the file have in common: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


Text = Annotated[str, Field(min_length=1, max_length=500)]
Name = Annotated[str, Field(pattern=NAME)]
FormatName = Annotated[str, OneOf("format", tuple(FORMATS))]
LoaderName = Annotated[str, OneOf("loader", tuple(LOADERS))]
All = Annotated[str, OneOf("choice", ("all",))]


def _to_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Variable = Annotated[str, BeforeValidator(_to_text, json_schema_input_type=str | int), Field(max_length=2000, pattern=r"^[^\x00]*$")]
VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Combination(Shape):
    """One environment, or with lists and ranges all combinations of what they give."""

    tensorflow: OneOrMore | None = Field(
        None, description='"2.15.1", "2.15" (its newest patch), ">=2.4,<2.21" (newest patch of each minor), newest, newest-pre'
    )
    python: OneOrMore | None = Field(None, description='"3.11", newest or all (of those that have a wheel)')
    package: Annotated[str, OneOf("package", PACKAGES)] | None = Field(
        None, description="Default: tensorflow-cpu where it has the minor, else tensorflow"
    )
    addons: OneOrMore | None = Field(None, description='tensorflow-addons: "0.23.0", fitting (the newest that fits) or none')
    keras: OneOrMore | None = Field(None, description='A Keras other than the one TensorFlow brings: "3.5.0" or none')
    tf_keras: OneOrMore | None = Field(None, description='tf-keras, which then is tf.keras: "2.16.0", fitting or none')
    as_of: OneOrMore | None = Field(
        None, description="The day as of which packages are resolved: a date, today, or release+45d (the default)"
    )
    packages: list[Text] | None = Field(None, max_length=100, description='Further requirements, as "numpy<2"')
    variables: dict[VariableName, Variable] | None = Field(None, max_length=100, description="Environment variables")
    id: Annotated[str, Field(min_length=1, max_length=80)] | None = Field(None, description="Its id; {id} in it is the default id")


class Exclusion(Shape):
    """Combinations to leave out: those for which every key that is given matches."""

    tensorflow: OneOrMore | None = Field(None, description='Versions, minors or ranges, as "2.12" or "<2.8"')
    python: OneOrMore | None = None
    addons: OneOrMore | None = None
    keras: OneOrMore | None = None
    tf_keras: OneOrMore | None = None


class EnvironmentEntry(Combination):
    """An entry of `environments`."""

    tensorflow: OneOrMore = Field(
        description='"2.15.1", "2.15" (its newest patch), ">=2.4,<2.21" (newest patch of each minor), newest, newest-pre'
    )
    python: OneOrMore = Field(description='"3.11", newest or all (of those that have a wheel)')
    include: list[Combination] = Field([], max_length=500, description="Further combinations; what one leaves out is taken from the entry")
    exclude: list[Exclusion] = Field([], max_length=500, description="Combinations to leave out")


Loaders = Annotated[
    Annotated[All, Tag("word")] | Annotated[list[LoaderName], Field(min_length=1), Tag("list")],
    Discriminator(_by_type),
]
Formats = Annotated[
    Annotated[All, Tag("word")]
    | Annotated[list[FormatName], Field(min_length=1), Tag("list")]
    | Annotated[dict[FormatName, Loaders], Field(min_length=1), Tag("mapping")],
    Discriminator(_by_type),
]

Option = bool | int | Annotated[float, Field(allow_inf_nan=False)] | Annotated[str, Field(max_length=500)]
Options = Annotated[dict[VariableName, Option], Field(max_length=100)]


class FixtureEntry(Shape):
    """A model, its data and its training, in one or more variants."""

    file: Text = Field(description="The Python file, relative to the file this entry stands in")
    summary: Annotated[str, Field(max_length=500)] = Field("", description="One sentence: whose trouble it stands for")
    needs: list[Annotated[str, Field(pattern=NEED)]] = Field([], description="Modules that must import, or package.module:attribute")
    formats: Formats = Field("all", description="Formats that make sense; as a mapping, with the loaders that are to read each")
    because: Annotated[str, Field(max_length=500)] = Field("", description="One sentence: why these formats and loaders are enough")
    options: Options = Field({}, description="Keyword arguments for its build()")
    variants: dict[Name, Options] = Field(
        {}, max_length=100, description="Further keyword arguments, by the name of the variant; code: given, same, moved or absent"
    )
    isolation: Isolation | None = Field(
        None, description="fork: no load shares a forked child with another; process: never run it in a forked child"
    )
    fault: Annotated[str, OneOf("fault", tuple(FAULTS))] | None = Field(
        None, description="What befalls its saves, or the files that they wrote; `*` does not choose a fixture with one"
    )


class LimitsEntry(Shape):
    """What one cell may use."""

    seconds: float = Field(120.0, ge=1, le=86_400, allow_inf_nan=False)
    memory_mb: int = Field(4000, ge=100, le=4_000_000)
    disk_mb: int = Field(1000, ge=1, le=4_000_000)


class MachineEntry(Shape):
    """What the whole run may use."""

    jobs: int | None = Field(None, ge=1, le=1000, description="Agents at a time; default: the number of cores")
    memory_mb: int | None = Field(None, ge=500, le=100_000_000, description="Default: 70 % of the machine")


Reference = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[A-Za-z0-9][\w.:/@{}-]*$")]
"""The name of an image: with a registry, a tag or a digest if need be."""


class ImagesEntry(Shape):
    """How the docker engine builds images."""

    base: (
        Annotated[
            Annotated[Reference, Tag("word")] | Annotated[dict[str, Reference], Field(min_length=1, max_length=50), Tag("mapping")],
            Discriminator(_by_type),
        ]
        | None
    ) = Field(None, description="The base image; {python} stands for the version. Or one for each Python: a mirror, or by digest")
    index: Annotated[str, Field(pattern=r"^https?://[^@\s]+$", max_length=500)] | None = Field(
        None, description="A package index, without credentials: those are taken from uv's environment variables"
    )
    ca: Text | None = Field(None, description="A file of certificates in PEM form, relative to this file")
    disk_gb: float | None = Field(None, gt=0, le=100_000, allow_inf_nan=False, description="What all images may use together")


class ToleranceEntry(Shape):
    """Two numbers are equal when |a - b| <= absolute + relative * |expected|."""

    absolute: float = Field(ge=0, le=0.1, allow_inf_nan=False)
    relative: float = Field(ge=0, le=0.1, allow_inf_nan=False)


class PairLists(Shape):
    """Every environment of `from` saves for every environment of `to`; ids or patterns."""

    from_: OneOrMore = Field(alias="from")
    to: OneOrMore


PairWord = Annotated[str, OneOf("kind of pairs", PAIR_WORDS)]
PairRule = Annotated[Annotated[PairWord, Tag("word")] | Annotated[PairLists, Tag("mapping")], Discriminator(_by_type)]


def _pairs_as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


Pairs = Annotated[
    list[PairRule],
    BeforeValidator(_pairs_as_list, json_schema_input_type=PairRule | list[PairRule]),
    Field(min_length=1, max_length=100),
]


class ProfileEntry(Shape):
    """A named choice of what to run."""

    summary: Annotated[str, Field(max_length=500)] = ""
    environments: OneOrMore = Field(["*"], description="Ids or patterns with * and ?")
    pairs: Pairs | None = Field(None, description="Default: those of the file")
    fixtures: OneOrMore = Field(["*"], description="Names, name@variant, or patterns with * and ?")
    formats: Formats | None = Field(None, description="Default: those of the file")


def _to_day(value: object) -> object:
    """Let a day stand with or without quotes."""
    return date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else value


class KnownFailureEntry(Shape):
    """Cells that are known to fail, and why: they fail no build, and are news when they pass."""

    selector: Text = Field(description="An id of a cell, or a pattern with * and ? over ids; every cell that it fits must fail")
    reason: Annotated[str, OneOf("reason", tuple(map(str, REASONS)))] = Field(description="Why they fail, as reports give it")
    because: Annotated[str, Field(max_length=500)] = Field("", description="One sentence for people")
    issue: Annotated[str, Field(max_length=500)] = Field("", description="Where it is discussed")
    expires: Annotated[date, BeforeValidator(_to_day, json_schema_input_type=str)] | None = Field(
        None, description="The last day on which it holds, as 2027-03-31; none: for good"
    )


class MatrixFile(Shape):
    """A matrix file. Keys that begin with x- are yours: a place for anchors."""

    schema_: Literal[1] = Field(alias="schema", description="The version of this file's format")
    environments: list[EnvironmentEntry] = Field(max_length=1000)
    pairs: Pairs | None = Field(None, description="Who saves for whom; default: all")
    fixtures: dict[Name, FixtureEntry] = Field({}, max_length=1000, description="Your own, besides those of the catalogue")
    formats: Formats = "all"
    limits: LimitsEntry | None = None
    machine: MachineEntry | None = None
    images: ImagesEntry | None = None
    tolerances: dict[Annotated[str, OneOf("dtype", DTYPES)], ToleranceEntry] = {}
    profiles: dict[Name, ProfileEntry] = Field({}, max_length=100, description="The first one is the default")
    known_failures: list[KnownFailureEntry] = Field([], max_length=10_000, description="Cells that may fail without failing a build")
    baseline: Text | None = Field(None, description="A file that `baseline accept` wrote, relative to this file: only news fails a build")
    notes: list[str] = Field([], max_length=100, description="Lines that every run of this file carries and prints")


class CatalogueFile(Shape):
    """The catalogue of shipped fixtures."""

    schema_: Literal[1] = Field(alias="schema")
    fixtures: dict[Name, FixtureEntry] = Field(min_length=1)
