"""The documents hold: their commands parse, their links lead somewhere, their matrix files load, their tables say what the code says."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from runner.cli import app
from runner.errors import InvalidMatrix
from runner.formats import FORMATS, LOADERS
from runner.model import Status
from runner.reports.reasons import GENERATED, renewed
from runner.spec import load_matrix
from tests.documents import DOCUMENTS, ROOT, Block, anchors, blocks, links, spans
from tests.nox_sessions import sessions

LOCKED = {path.stem for path in (ROOT / "images" / "locks").glob("*.txt")}
COMMAND = re.compile(r"(?:^|&& |\$ )(?:uvx |pipx run )?(nox -s .+|(?:\S*/)?python3? -m runner .+)")
_PLACEHOLDER = re.compile(r"^[A-Z]+$")


def commands(document: Path) -> Iterator[str]:
    """Yield the commands of a document that call nox or the runner."""
    lines = [line.strip() for block in blocks(document) if block.language in ("", "sh", "console") for line in block.text.splitlines()]
    for text in (*lines, *spans(document)):
        for match in COMMAND.finditer(text):
            yield match.group(1)


def all_of(kind: str) -> list[tuple[Path, str]]:
    return [(document, text) for document in DOCUMENTS for text in {"commands": commands, "links": links}[kind](document)]


def parse(words: list[str]) -> None:
    """Parse a command line of the runner without running it; a placeholder such as CELL stands for any text."""
    root = get_command(app)
    if not words or words[0].startswith("-"):
        root.make_context("runner", words, resilient_parsing=True)
        return
    assert hasattr(root, "commands")
    assert words[0] in root.commands, f"there is no command {words[0]!r}"
    numbers = [
        "1" if _PLACEHOLDER.match(word) and before in ("--jobs", "--cells") else word
        for before, word in zip(["", *words], words, strict=False)
    ]
    command = root.commands[words[0]]
    command.make_context(words[0], numbers[1:])


@pytest.mark.parametrize(("document", "text"), all_of("commands"), ids=lambda value: value.name if isinstance(value, Path) else value)
def test_a_command_is_one_that_exists(document: Path, text: str) -> None:
    words = shlex.split(re.split(r" [>|] ", text)[0], comments=True)
    if words[0] != "nox":
        return parse(words[3:])
    names = words[2 : words.index("--") if "--" in words else len(words)]
    behind = words[words.index("--") + 1 :] if "--" in words else []
    for name in names:
        base, _, environment = name.removesuffix(")").partition("(")
        assert base in sessions(), f"{document.name}: there is no session {base!r}"
        session = sessions()[base]
        assert not environment or session.parametrized
        assert not environment or environment in LOCKED or not re.match(r"tf\d", environment)
        if session.runner:
            parse(
                [
                    *([session.command] if session.command else []),
                    *([environment or "tf2.15-py311"] if session.parametrized else []),
                    *behind,
                ]
            )
    return None


def test_there_are_commands_to_check() -> None:
    assert len(all_of("commands")) > 30


@pytest.mark.parametrize(("document", "target"), all_of("links"), ids=lambda value: value.name if isinstance(value, Path) else value)
def test_a_link_leads_somewhere(document: Path, target: str) -> None:
    if target.startswith(("http://", "https://", "mailto:")):
        return
    path, _, anchor = target.partition("#")
    place = (document.parent / path).resolve() if path else document
    assert place.exists(), f"{document.name} links to {target}, which does not exist"
    assert not anchor or anchor in anchors(place), f"{document.name} links to {target}, and there is no such heading"


def matrix_files() -> list[tuple[Path, Block]]:
    return [
        (document, block)
        for document in DOCUMENTS
        for block in blocks(document)
        if block.language == "yaml" and block.text.startswith("schema:")
    ]


@pytest.mark.parametrize(
    ("document", "block"), matrix_files(), ids=lambda value: value.name if isinstance(value, Path) else str(value.line)
)
def test_a_whole_matrix_file_loads(document: Path, block: Block, tmp_path: Path) -> None:
    for file in re.findall(r"\bfile: *([^\s,}]+)", block.text):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("", encoding="utf-8")
    matrix = tmp_path / (block.title or "matrix.yaml")
    matrix.write_text(block.text, encoding="utf-8")
    try:
        spec = load_matrix(matrix)
    except InvalidMatrix as error:
        pytest.fail(f"{document.name}:{block.line}: {error}")
    assert spec.environments


def test_there_are_matrix_files_to_check() -> None:
    assert {document.name for document, _ in matrix_files()} >= {"README.md", "fixtures.md", "matrix-file.md"}


@pytest.mark.parametrize("document", GENERATED, ids=lambda path: path.name)
def test_generated_tables_are_current(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert "<!-- generated: reasons -->" in text
    assert text == renewed(text), 'run: python -c "from runner.reports.reasons import renew; renew()"'


def test_the_readme_names_every_status_and_exit_code() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{status}`" in text for status in Status)
    assert all(f"| {code} |" in text for code in (0, 1, 2, 3, 4, 130))


def test_the_readme_shows_one_run_as_a_picture_and_as_release_notes() -> None:
    notes = (ROOT / "docs" / "upgrade-2.15-2.16.md").read_text(encoding="utf-8")
    table = notes[notes.index("Of ") : notes.index("### Newly breaks")].strip()
    assert table in (ROOT / "README.md").read_text(encoding="utf-8"), "copy it anew from docs/upgrade-2.15-2.16.md"
    (run,) = set(re.findall(r"in run `([0-9a-f-]+)`", notes))
    assert run in (ROOT / "docs" / "pictures" / "quick.svg").read_text(encoding="utf-8"), "both are made from the same run"


def rows(document: Path, first: str) -> list[list[str]]:
    """Return the rows of the table whose first heading is `first`."""
    lines = document.read_text(encoding="utf-8").splitlines()
    begin = next(number for number, line in enumerate(lines) if line.startswith(f"| {first} |")) + 2
    found = []
    for line in lines[begin:]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def test_the_formats_are_those_of_the_code() -> None:
    table = rows(ROOT / "docs" / "formats.md", "format")
    assert {row[0].strip("`"): tuple(re.findall(r"`([\w-]+)`", row[3])) for row in table} == FORMATS
    assert {row[0].strip("`"): row[2].strip("`") for row in table} == file_names()


def test_the_loaders_are_those_of_the_code() -> None:
    assert [row[0].strip("`") for row in rows(ROOT / "docs" / "formats.md", "loader")] == list(LOADERS)


def file_names() -> dict[str, str]:
    """Return the names under which the agent writes: read from its source, since nothing imports the agent."""
    tree = ast.parse((ROOT / "runner" / "agent" / "formats.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PATHS":
            return dict(ast.literal_eval(node.value))
    raise AssertionError("runner/agent/formats.py has no PATHS")


def test_every_module_is_on_the_map() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = [path for path in (ROOT / "runner").glob("*.py") if not path.name.startswith("__")]
    missing = [path.stem for path in modules if f"`{path.stem}`" not in text]
    assert not missing, f"docs/architecture.md does not say what these are: {', '.join(missing)}"
