"""The table of what faults do, on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from runner.reports.clean import one_line
from runner.reports.damage import MEANINGS, Damage, Words, spoken

_STYLES = {"SILENT": "bold red", "crashed": "red", "hung": "red"}


def damage_table(damage: Damage, silent: Text) -> Iterator[RenderableType]:
    """Yield the table with its title and what its words mean; nothing for a run without faults. `silent` is the sign of the silent."""
    if not damage.rows and not damage.absent:
        return
    yield Text()
    yield Text.assemble(("What faults do", "bold"), ("  counts are over versions and loaders", "dim"))
    if damage.rows:
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
        for head in ("fault", "format", "save", "left", "load"):
            table.add_column(head, no_wrap=head in ("fault", "format"))
        before = ""
        for row in damage.rows:
            name = one_line(row.fault, limit=40) if row.fault != before else ""
            table.add_row(name, one_line(row.format), *(_cell(words, silent) for words in (row.saves, row.left, row.loads)))
            before = row.fault
        yield table
        for word in damage.words:
            yield Text(f"{word}: {MEANINGS[word]}", style="dim")
    if damage.absent:
        yield Text("nowhere to be had here: " + ", ".join(one_line(fault, limit=40) for fault in damage.absent), style="dim")


def _cell(words: Words, silent: Text) -> Text:
    parts = [
        Text.assemble(silent, " ", (said, _STYLES["SILENT"])) if met.word == "SILENT" else Text(said, _STYLES.get(met.word, ""))
        for met, said in zip(words, spoken(words), strict=True)
    ]
    return Text(", ").join(parts)
