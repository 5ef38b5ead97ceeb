"""The project's documents as tests read them: their code blocks, code spans and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
DOCUMENTS = tuple(sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "reports" / "README.md"]))

_TITLE = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True)
class Block:
    """A code block: its language, the file it stands for (`title=`), its text, and the line it begins at."""

    language: str
    title: str
    text: str
    line: int


def blocks(document: Path) -> Iterator[Block]:
    """Yield the code blocks of a document, fenced and indented."""
    for token in _tokens(document):
        if token.type in ("fence", "code_block"):
            title = _TITLE.search(token.info)
            words = token.info.split()
            yield Block(words[0] if words else "", title.group(1) if title else "", token.content, (token.map or [0])[0] + 1)


def spans(document: Path) -> Iterator[str]:
    """Yield the code that stands within sentences and tables."""
    for token in _tokens(document):
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def links(document: Path) -> Iterator[str]:
    """Yield the targets of links and images."""
    for token in _tokens(document):
        for child in token.children or ():
            target = child.attrGet("href" if child.type == "link_open" else "src")
            if child.type in ("link_open", "image") and isinstance(target, str):
                yield target


def anchors(document: Path) -> set[str]:
    """Return the names by which the headings of a document can be linked to."""
    tokens = _tokens(document)
    titles = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _tokens(document: Path) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(document.read_text(encoding="utf-8"))
