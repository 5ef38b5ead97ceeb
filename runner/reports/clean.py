"""Text that models and libraries wrote is hostile until cleaned: control codes, markup of three kinds, binary noise, endless lines.

Everything that came out of a process goes through `clean` before it is shown, and through `code_span`, `code_block` or
`prose` before it stands in Markdown. For Rich, cleaned text is wrapped in `rich.text.Text`, which knows no markup.
"""

from __future__ import annotations

import re
import unicodedata

_ESCAPE_SEQUENCE = re.compile(
    r"\x1b(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|[PX^_][^\x1b]{0,2000}\x1b\\|[ -/]{0,4}[0-~])"
)
_FORBIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
_RUN_OF_NOISE = re.compile("\ufffd{4,}")
_PUNCTUATION = re.compile(r"([\\`*_\[\]#!|~$])")
_THREAD = re.compile(r"https://github\.com/[\w./-]{1,200}")
_AUTOLINK = re.compile(r"(?i)(?<!\w)(https?|ftp|www)(?=[:.])")


def clean(text: str, *, limit: int = 20_000) -> str:
    """Return text that is safe to print: newline the only control character, noise shortened, at most `limit` characters."""
    if len(text) <= limit and text.replace("\n", "").isprintable() and "\ufffd" not in text:
        # Most text is, and a large report has a hundred million characters of it.
        return text
    cut = text[: 4 * limit]
    cut = _ESCAPE_SEQUENCE.sub("", cut.replace("\r\n", "\n"))
    cut = cut.replace("\t", "    ").replace("\r", "\n")
    cut = "".join(c if c == "\n" or unicodedata.category(c) not in _FORBIDDEN else "\ufffd" for c in cut)
    cut = _RUN_OF_NOISE.sub(lambda noise: f"\ufffd[{len(noise[0])} unprintable]", cut)
    if len(cut) > limit or len(text) > 4 * limit:
        return f"{cut[:limit]}… [{len(text)} characters in all]"
    return cut


def one_line(text: str, *, limit: int = 200) -> str:
    """Return cleaned text on one line of at most `limit` characters; what is cut is the middle, because errors end with the point."""
    ends = text if len(text) <= 8 * limit + 4000 else f"{text[: 4 * limit + 2000]} … {text[-4 * limit - 2000 :]}"
    flat = " ".join(clean(ends).split())
    if len(flat) <= limit:
        return flat
    end = limit // 3
    return f"{flat[: limit - end - 3].rstrip()} … {flat[-end:].lstrip()}"


def thread(link: str) -> str:
    """Return the address of a discussion on GitHub; nothing for any other text."""
    return link if _THREAD.fullmatch(link) else ""


def tail(text: str, *, lines: int) -> str:
    """Return the last `lines` lines of cleaned text that are not blank."""
    kept = [line.rstrip() for line in clean(text).splitlines() if line.strip()]
    return "\n".join(kept[-lines:])


def prose(text: str, *, limit: int = 500) -> str:
    """Return text as Markdown that shows it literally: no markup, no HTML, no links, no mentions; fits a table cell."""
    flat = one_line(text, limit=limit)
    flat = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    flat = _PUNCTUATION.sub(r"\\\1", flat)
    flat = _AUTOLINK.sub(lambda scheme: f"{scheme[0][0]}&#{ord(scheme[0][1])};{scheme[0][2:]}", flat)
    return flat.replace("@", "@&#8203;").replace("\\#", "\\#&#8203;")


def code_span(text: str, *, limit: int = 300, in_table: bool = False) -> str:
    """Return text as a Markdown code span; backticks inside make the fence longer, and pipes are escaped in tables."""
    flat = one_line(text, limit=limit) or " "
    if in_table:
        # A backslash before a pipe cannot be written in a table cell: the pair would end the cell.
        flat = re.sub(r"\\\|", "\\\\¦", flat).replace("|", "\\|")
    longest = max((len(ticks) for ticks in re.findall(r"`+", flat)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") or not flat.strip() else ""
    return f"{fence}{pad}{flat}{pad}{fence}"


def code_block(text: str, *, limit: int = 4000) -> str:
    """Return text as a fenced Markdown code block whose fence no line of the text can close."""
    body = clean(text, limit=limit).strip("\n")
    longest = max((len(ticks) for ticks in re.findall(r"`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{body}\n{fence}"
