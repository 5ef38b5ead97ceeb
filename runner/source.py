"""YAML text -> plain values that remember their lines.

PyYAML composes the nodes; this module turns them into dicts, lists and scalars without constructing objects, resolves merge
keys, and keeps the line of everything. Dates stay text. What cannot be understood is left out of the value, noted as a
problem, and its path remembered in `broken`, so that nobody complains a second time that it is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from runner.errors import Problem, UsageError

Loc = tuple[str | int, ...]
"""Where a value stands: keys and indices from the top of the file."""

MAX_BYTES = 256_000
MAX_DEPTH = 30
MAX_VALUES = 20_000

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = {f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value", "!"}
_MISSING: Any = object()


@dataclass
class Source:
    """The value of a YAML file, the line of every path in it, and the text of every scalar as it was written.

    `places` are lines and columns; equal ones of different paths are one text behind an alias. `broken` are paths cut out.
    """

    file: str
    value: Any = None
    lines: dict[Loc, int] = field(default_factory=dict)
    key_lines: dict[Loc, int] = field(default_factory=dict)
    raw: dict[Loc, str] = field(default_factory=dict)
    places: dict[Loc, tuple[int, int]] = field(default_factory=dict)
    broken: set[Loc] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def locate(self, loc: Loc) -> Loc:
        """Return the longest path of the file that `loc` names, skipping parts that are not in the file."""
        here: Loc = ()
        for part in loc:
            if (*here, part) in self.lines or (*here, part) in self.broken:
                here = (*here, part)
        return here

    def line(self, loc: Loc, *, key: bool = False) -> int:
        """Return the line of a value (of its key, when asked for or when it is a mapping or list), or of the nearest thing around it."""
        here = self.locate(loc)
        if here in self.raw and not (key and here in self.key_lines):
            return self.lines[here]
        return self.key_lines.get(here) or self.lines.get(here) or 1

    def problem(self, loc: Loc, what: str, hint: str = "", *, key: bool = False) -> None:
        """Note a problem with the value at a path, or with its key."""
        self.problems.append(Problem(self.file, self.line(loc, key=key), what, hint))


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file; raises UsageError with the nearest file when it is not a readable file of sane size."""
    try:
        if path.is_dir():
            inside = path / "matrix.yaml"
            raise UsageError(f"{path}: is a directory" + (f"; did you mean {inside}?" if inside.is_file() else "; name a YAML file"))
        if not path.exists():
            near = sorted(str(p) for p in path.parent.glob("*.y*ml"))[:3] if path.parent.is_dir() else []
            hint = f"nearby: {', '.join(near)}" if near else "name a matrix file with --matrix FILE"
            raise UsageError(f"{path}: no such file; {hint}")
        if not path.is_file():
            raise UsageError(f"{path}: is not a regular file; name a YAML file")
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path}: has {path.stat().st_size:,} bytes; more than {MAX_BYTES:,} is no sane matrix file")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path!s}: cannot be read: {getattr(error, 'strerror', None) or error}") from error


def parse(data: bytes, file: str) -> Source:
    """Return the value of YAML bytes with all problems found on the way; `value` is None when nothing could be read."""
    source = Source(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        source.problems.append(Problem(file, line, f"is not UTF-8: byte 0x{data[error.start]:02x}", "save the file as UTF-8"))
        return source
    root = _compose(text, source)
    if root is not None:
        _Converter(source).convert_root(root)
    elif not source.problems:
        source.problems.append(Problem(file, 1, "the file is empty", "a matrix file begins with `schema: 1`"))
    return source


def write(value: Any) -> str:
    """Return a value as YAML that `parse` gives back: numbers and texts that look like numbers stay what they are."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
    return text


def _compose(text: str, source: Source) -> yaml.Node | None:
    """Compose the nodes, after a look at the events: depth is bounded before anything recursive sees it."""
    line = depth = 0
    try:
        for count, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            line = event.start_mark.line + 1 if event.start_mark else line
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > MAX_DEPTH or count > 4 * MAX_VALUES:
                what = f"is nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else f"has more than {MAX_VALUES:,} values"
                source.problems.append(Problem(source.file, line, what, "no sane matrix file needs that"))
                return None
        composed: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
        return composed
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = error.character if isinstance(error.character, int) else ord(error.character[:1] or "\0")
        source.problems.append(Problem(source.file, line, f"YAML syntax: character U+{code:04X} is not allowed", "remove it"))
    except yaml.MarkedYAMLError as error:
        source.problems.append(_syntax(error, text, source.file, line))
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError, IndexError, TypeError) as error:
        # PyYAML itself stumbles over some malformed escapes and directives.
        source.problems.append(Problem(source.file, max(line, 1), f"YAML syntax: {short(str(error))}", "correct the text around this line"))
    return None


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str, line: int) -> Problem:
    mark: Any = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else max(line, 1)
    what = "YAML syntax: " + short(", ".join(part for part in (error.context, error.problem) if part), 200)
    lines = text.split("\n")
    hint = f"column {mark.column + 1}" if mark else ""
    if "'\\t'" in what or (line <= len(lines) and "\t" in lines[line - 1][: len(lines[line - 1]) - len(lines[line - 1].lstrip())]):
        hint = "indent with spaces, not with tabs"
    elif "single document" in what:
        hint = "remove the `---` that begins a second document"
    elif "undefined alias" in what:
        hint = "an anchor (&name) must stand before its alias (*name)"
    return Problem(file, line, what, hint)


class _TooManyError(Exception):
    """More values than any sane file has, most likely by aliases of aliases."""


class _Converter:
    """Walks the nodes of one file once; holds the count and the nodes it is inside of."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.count = 0
        self.inside: list[int] = []
        self.scalars = SafeConstructor()

    def convert_root(self, root: yaml.Node) -> None:
        try:
            value = self.convert(root, ())
        except _TooManyError:
            self._bad(root, (), f"aliases make more than {MAX_VALUES:,} values of this file", "no sane matrix file needs that")
            return
        self.source.value = None if value is _MISSING else value

    def convert(self, node: yaml.Node, loc: Loc) -> Any:
        """Return the value of a node, or `_MISSING` when it has none."""
        self._step(loc)
        self.source.lines[loc] = node.start_mark.line + 1
        self.source.places[loc] = (node.start_mark.line, node.start_mark.column)
        if isinstance(node, yaml.ScalarNode):
            self.source.raw[loc] = node.value
            return self._scalar(node, loc)
        if id(node) in self.inside:
            return self._bad(node, loc, "the alias stands inside of what it refers to", "write the values out")
        self.inside.append(id(node))
        try:
            if node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
                return self._bad(node, loc, f"the tag {short(node.tag)} is not understood here", "remove it")
            return self._mapping(node, loc) if isinstance(node, yaml.MappingNode) else self._sequence(node, loc)
        finally:
            self.inside.pop()

    def _step(self, loc: Loc) -> None:
        self.count += 1
        if self.count > MAX_VALUES or len(loc) > 2 * MAX_DEPTH:
            raise _TooManyError

    def _bad(self, node: yaml.Node, loc: Loc, what: str, hint: str = "") -> Any:
        self.source.problems.append(Problem(self.source.file, node.start_mark.line + 1, what, hint))
        self.source.broken.add(loc)
        return _MISSING

    def _sequence(self, node: yaml.Node, loc: Loc) -> list[Any]:
        # A broken element keeps its place as None would, so that indices stay true; it is dropped with its path in `broken`.
        values = [self.convert(child, (*loc, index)) for index, child in enumerate(node.value)]
        if any(value is _MISSING for value in values):
            self.source.broken.add(loc)
        return [None if value is _MISSING else value for value in values]

    def _mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, (line, child) in self._entries(node, loc).items():
            self.source.key_lines[(*loc, key)] = line
            value = self.convert(child, (*loc, key))
            if value is not _MISSING:
                result[key] = value
        return result

    def _entries(self, node: yaml.MappingNode, loc: Loc) -> dict[str, tuple[int, yaml.Node]]:
        """Return the entries of a mapping by key, its own before those it merges (`<<`)."""
        own: dict[str, tuple[int, yaml.Node]] = {}
        merged: dict[str, tuple[int, yaml.Node]] = {}
        for key, child in node.value:
            self._step(loc)
            line = key.start_mark.line + 1
            if key.tag == f"{_TAG}merge":
                for name, entry in self._merged(child, loc).items():
                    merged.setdefault(name, entry)
            elif not isinstance(key, yaml.ScalarNode):
                self._bad(key, (*loc, f"line {line}"), "a key must be text, not a list or mapping")
            elif key.tag not in _TEXT_TAGS or not _printable(key.value):
                self._bad(key, (*loc, key.value), f"the key {short(key.value)} is not text", f'write it in quotes: "{short(key.value)}"')
            elif key.value in own:
                first = own[key.value][0]
                self._bad(key, (*loc, f"{key.value} again"), f"`{short(key.value)}` is given twice", f"first on line {first}; remove one")
            else:
                own[key.value] = (line, child)
        return {**merged, **own}

    def _merged(self, node: yaml.Node, loc: Loc) -> dict[str, tuple[int, yaml.Node]]:
        entries: dict[str, tuple[int, yaml.Node]] = {}
        for child in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            if not isinstance(child, yaml.MappingNode):
                self._bad(child, (*loc, "<<"), "`<<` merges mappings only", "give it the alias of a mapping, as `<<: *name`")
            elif id(child) in self.inside:
                self._bad(child, (*loc, "<<"), "the alias stands inside of what it refers to", "write the values out")
            else:
                self.inside.append(id(child))
                for name, entry in self._entries(child, loc).items():
                    entries.setdefault(name, entry)
                self.inside.pop()
        return entries

    def _scalar(self, node: yaml.ScalarNode, loc: Loc) -> Any:
        if not _printable(node.value):
            return self._bad(node, loc, f"{short(ascii(node.value))} holds characters that are not text", "remove them")
        if node.tag in _TEXT_TAGS:
            return node.value
        kind = node.tag.removeprefix(_TAG)
        try:
            if kind == "int":
                number = self.scalars.construct_yaml_int(node)
                if abs(number) < 2**63:
                    return number
                raise ValueError
            if kind == "float":
                return self.scalars.construct_yaml_float(node)
            if kind == "bool":
                return self.scalars.construct_yaml_bool(node)
            if kind == "null":
                return None
        except (ValueError, KeyError, IndexError, OverflowError, yaml.YAMLError):
            return self._bad(node, loc, f"{short(node.value)} is not a readable {kind}", f'write text in quotes: "{short(node.value)}"')
        return self._bad(node, loc, f"the tag {short(node.tag)} is not understood here", "remove it")


def _printable(text: str) -> bool:
    return all(0xD800 > ord(char) >= 0x20 or ord(char) > 0xDFFF or char in "\n\t" for char in text)


def short(text: str, length: int = 60) -> str:
    """Return a text cut to a length that fits into a message, on one line."""
    text = text.replace("\n", " ")
    return text if len(text) <= length else f"{text[: length - 1]}…"
