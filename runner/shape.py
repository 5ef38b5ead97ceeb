"""Validation of a read file against its model: every problem with its line, and what remains without the wrong parts.

Wrong parts are cut out and the rest is validated again, so that one mistyped key does not hide what else is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from runner.nearest import did_you_mean
from runner.source import Loc, Source, short

M = TypeVar("M", bound=BaseModel)

_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "model_attributes_type": "a mapping of keys to values",
    "union_tag_invalid": "something that can stand here",
}


class _Items(list[Any]):
    """A list that remembers where its items stood before others were cut out."""

    def __init__(self, items: list[Any], origins: list[int]) -> None:
        super().__init__(items)
        self.origins = origins


@dataclass(frozen=True)
class Valid(Generic[M]):
    """The valid rest of a file, and where in the file its parts stand."""

    value: M
    source: Source
    data: Any

    def loc(self, loc: Loc) -> Loc:
        """Return the path in the file of a path in `value`."""
        return _paths(loc, self.data)[1]

    def problem(self, loc: Loc, what: str, hint: str = "", *, key: bool = False) -> None:
        """Note a problem with a part of `value`."""
        self.source.problem(self.loc(loc), what, hint, key=key)

    def whole(self, loc: Loc) -> bool:
        """Whether nothing was cut out at or below a path: what is missing there was never there."""
        here = self.loc(loc)
        return not any(broken[: len(here)] == here for broken in self.source.broken)


def validate(model: type[M], source: Source, fallback: dict[str, Any]) -> Valid[M] | None:
    """Return the valid rest of a file; its problems are noted in `source`, and the paths cut out are added to `broken`.

    `fallback` gives what the top of the file cannot do without. None when the file is no mapping.
    """
    if not isinstance(source.value, dict):
        if not source.problems:
            source.problem((), f"the file must be a mapping of keys to values, not {_shown(source.value)}", "it begins with `schema: 1`")
        return None
    data = {key: _copy(value) for key, value in source.value.items() if not key.startswith("x-")}
    _cut(data, {loc for loc in source.broken if loc and loc[0] in data and isinstance(loc[-1], int)})
    told: set[object] = set()
    # Every round cuts something out or fills in the top, so this ends long before the bound.
    for _ in range(1000):
        try:
            return Valid(model.model_validate(data), source, data)
        except ValidationError as error:
            groups: dict[Loc, list[ErrorDetails]] = {}
            for detail in error.errors(include_url=False, include_context=True):
                groups.setdefault(_paths(detail["loc"], data)[0], []).append(detail)
            for path, details in groups.items():
                # A value that stands behind an alias is met once for each use of it, and told once.
                here, file = _paths(path, data)
                same = (source.places.get(file), file[-1:], *(f"{detail['type']} {detail['loc'][-1]}" for detail in details))
                _note(details, model, source, here, file, tell=same not in told)
                told.add(same)
            if () in groups:
                data.update({key: value for key, value in fallback.items() if key not in data})
            _cut(data, set(groups))
    return None


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return _Items([_copy(item) for item in value], list(range(len(value))))
    return {key: _copy(item) for key, item in value.items()} if isinstance(value, dict) else value


def _paths(loc: tuple[int | str, ...], data: Any) -> tuple[Loc, Loc]:
    """Return the path in the data that a location means, and the same in the file: names of union members and the like fall out."""
    here: Loc = ()
    file: Loc = ()
    for part in loc:
        if isinstance(data, dict) and part in data:
            file = (*file, part)
        elif isinstance(data, _Items) and isinstance(part, int) and part < len(data):
            file = (*file, data.origins[part])
        else:
            continue
        here = (*here, part)
        data = data[part]
    return here, file


def _cut(data: Any, paths: set[Loc]) -> None:
    """Remove the parts at paths of the data, the deepest and last first, so that indices stay true."""
    for loc in sorted(paths, key=lambda loc: [(isinstance(part, str), part) for part in loc], reverse=True):
        holder = data
        for part in loc[:-1]:
            holder = holder[part]
        if loc and isinstance(holder, dict):
            holder.pop(loc[-1], None)
        elif loc and isinstance(loc[-1], int):
            del holder[loc[-1]], holder.origins[loc[-1]]


def _note(details: list[ErrorDetails], model: type[BaseModel], source: Source, here: Loc, file: Loc, *, tell: bool) -> None:
    """Note what is wrong at one path as problems, unless it only follows from something cut out before."""
    missing = [str(detail["loc"][-1]) for detail in details if detail["type"] == "missing"]
    for name in missing:
        if tell and (*file, name) not in source.broken:
            source.problem(file, f"`{name}` is missing" + (f" in {where(file)}" if file else ""), key=True)
    emptied = details[0]["type"] == "too_short" and any(broken[:-1] == file for broken in source.broken)
    if tell and not missing and not emptied:
        what, hint = _message(details, model, here, file, source)
        source.problem(file, what, hint, key=details[0]["type"] == "extra_forbidden" or details[0]["loc"][-1:] == ("[key]",))
    if file:
        source.broken.add(file)


def _message(details: list[ErrorDetails], model: type[BaseModel], here: Loc, file: Loc, source: Source) -> tuple[str, str]:
    kind, value, ctx = details[0]["type"], details[0]["input"], details[0].get("ctx", {})
    name = where(file)
    if kind == "extra_forbidden":
        return f"unknown key `{short(str(file[-1]))}` in {where(file[:-1])}", did_you_mean(str(file[-1]), _keys(model, here[:-1]))
    if len({detail["type"] for detail in details}) > 1:
        return f"{name}: {_shown(value)} is not text, a number, true or false", ""
    if kind == "unknown_word":
        return f"{name}: {ctx['what']}", str(ctx["hint"])
    if kind == "literal_error":
        return f"{name}: {_shown(value)} is not known", f"known: {ctx['expected']}"
    if kind == "string_type" and isinstance(value, int | float):
        raw = short(source.raw.get(file, str(value)))
        return f"{name}: {raw} is {_type(value)}, not text", f'write it in quotes: "{raw}"'
    if kind == "too_long":
        return f"{name} has {ctx['actual_length']} entries", f"no more than {ctx['max_length']}; patterns such as `price_*` stand for many"
    if kind == "too_short":
        return f"{name} is empty", "give at least one, or leave the key out"
    if kind in ("int_type", "float_type") and isinstance(value, str):
        return f"{name}: {_shown(value)} is not {_KINDS[kind]}", "write a number, without quotes"
    if kind in _KINDS:
        return f"{name}: {_shown(value)} is not {_KINDS[kind]}", ""
    if kind == "string_pattern_mismatch":
        return f"{name}: {_shown(value)} is not a valid name", "names are letters, digits and `_`, in ids also `.`, `-` and `+`"
    said = details[0]["msg"].replace("Input should", "it should").replace("List should", "it should")
    return f"{name}: {_shown(value)} is not allowed", said[:1].lower() + said[1:]


def _keys(model: type[BaseModel], here: Loc) -> list[str]:
    """Return the keys that the mapping at a path may have."""
    models = {model}
    for part in here:
        fields = [field for m in models for name, field in m.model_fields.items() if part in (name, field.alias)]
        models = {m for field in fields for m in _models(field.annotation)} or models
    return [field.alias or name for m in models for name, field in m.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def where(path: Loc) -> str:
    """Return words for a path: `profiles.quick.pairs`, or `the file`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return f"`{short(text)}`" if text else "the file"


def _type(value: object) -> str:
    return "a yes/no value" if isinstance(value, bool) else "a number"


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return f"a {'mapping' if isinstance(value, dict) else 'list'}"
    return short("nothing" if value is None else repr(value) if isinstance(value, str) else str(value))
