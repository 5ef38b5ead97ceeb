"""docs/verdicts.md says what the code says."""

from __future__ import annotations

from markdown_it import MarkdownIt

from runner.model import REASONS, Check, Status
from runner.reports.reasons import DOCUMENT, reasons_table, renewed


def test_the_generated_tables_are_current() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    how = 'run: python -c "from runner.reports.reasons import renew; renew()"'
    assert text == renewed(text), how
    assert reasons_table() in text, how


def test_every_status_check_and_exit_code_is_described() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"| `{word}` |" in text for word in (*Status, *Check))
    assert all(f"| {code} |" in text for code in (0, 1, 2, 3, 4, 130))


def test_reasons_that_may_be_spurious_are_marked() -> None:
    marked = {line.split("`")[1] for line in reasons_table().splitlines() if line.endswith("| yes |")}
    assert marked == {reason for reason, info in REASONS.items() if info.spurious}


def test_the_tables_are_valid() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    meant = sum(line.startswith(("| ---", "|---")) for line in text.splitlines())
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert sum(token.type == "table_open" for token in tokens) == meant > 5
