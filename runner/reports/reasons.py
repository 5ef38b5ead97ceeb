"""The tables of README.md and docs/verdicts.md that are made from the code, so that they cannot fall behind it.

Tests compare them; `python -c "from runner.reports.reasons import renew; renew()"` in the repository writes them anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.model import REASONS
from runner.reports.glyphs import GLYPHS, SILENT
from runner.rules import CLASSES

_ROOT = Path(__file__).parents[2]
DOCUMENT = _ROOT / "docs" / "verdicts.md"
GENERATED = (DOCUMENT, _ROOT / "README.md")
"""The documents with generated tables."""


def reasons_table() -> str:
    """Return every reason, what it means, and whether seeing it once is too little to believe it."""
    rows = [f"| `{reason}` | {info.text} | {'yes' if info.spurious else ''} |" for reason, info in REASONS.items()]
    return "\n".join(["| reason | what it says | may be spurious |", "| --- | --- | --- |", *rows])


def signs_table() -> str:
    """Return the signs of the reports, with and without Unicode."""
    rows = [f"| `{glyph.sign}` | `{glyph.ascii}` | {glyph.text} |" for glyph in (*GLYPHS.values(), SILENT)]
    return "\n".join(["| sign | in ASCII | the worst in the cell is |", "| --- | --- | --- |", *rows])


def classes_table() -> str:
    """Return the classes of diagnoses."""
    rows = [f"| `{name}` | {text} |" for name, text in CLASSES.items()]
    return "\n".join(["| class | what it says |", "| --- | --- |", *rows])


def renewed(text: str) -> str:
    """Return the document with its generated tables made anew."""
    return with_tables(text, {"reasons": reasons_table(), "signs": signs_table(), "classes": classes_table()})


def with_tables(text: str, tables: Mapping[str, str]) -> str:
    """Return the text with the tables between their marks; those that it has no marks for are left out."""
    for name, table in tables.items():
        begin, end = f"<!-- generated: {name} -->", "<!-- end -->"
        before, found, rest = text.partition(begin)
        if found:
            text = f"{before}{begin}\n{table}\n{end}{rest.partition(end)[2]}"
    return text


def renew(paths: tuple[Path, ...] = GENERATED) -> None:
    """Write the generated tables of the documents anew."""
    for path in paths:
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
