"""What was recorded beside a result, in words instead of JSON. What is null or empty is left out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.model import Check

_WORDS = {"differing": "differs in", "raised": "raised for", "problems": "", "detail": "", "why": "", "bit_equal": "equal bit for bit"}
_OUTPUTS = {"differing": "differs for"}
"""How some fields begin; one with nothing says all by its value."""

_LINES = 20
_DEEP = 4


def words_of(name: str) -> str:
    """Return the name of a field as words."""
    return name.replace("_", " ")


def check_words(check: Check, detail: object) -> str:
    """Return what a check noted: `differs for: the usual inputs, all zeros`."""
    if not isinstance(detail, dict):
        return said(detail)
    begins = {**_WORDS, **(_OUTPUTS if check is Check.OUTPUTS else {})}
    return " · ".join(_fields(detail, begins))


def lines_of(name: str, value: object) -> list[str]:
    """Return a note as lines: a list of records has one for each."""
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        lines = [_attempt(one) if name == "attempts" else said(one) for one in value[:_LINES]]
        rest = [f"and {len(value) - _LINES} more"] if len(value) > _LINES else []
        return [line for line in lines if line] + rest
    text = said(value)
    return [text] if text else []


def said(value: object, deep: int = 0) -> str:
    """Return any value as words."""
    if _is_empty(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if deep < _DEEP and isinstance(value, dict):
        return ", ".join(_fields(value, {}, deep + 1))
    if deep < _DEEP and isinstance(value, list):
        return ", ".join(text for text in (said(one, deep + 1) for one in value) if text)
    return str(value)


def _fields(values: Mapping[Any, Any], begins: Mapping[str, str], deep: int = 0) -> Iterable[str]:
    for key, value in values.items():
        if _is_empty(value) or (key == "bit_equal" and not value):
            continue
        name = begins.get(str(key), words_of(str(key)))
        text = said(value, deep)
        yield name if value is True else f"{name}: {text}" if name else text


def _attempt(one: object) -> str:
    """Return one of several tries: where it was, how it ended, what it said."""
    if not isinstance(one, dict):
        return said(one)
    verdict = ": ".join(str(one[key]) for key in ("status", "reason") if one.get(key))
    where = f"in a {'fresh process' if one.get('isolation') == 'process' else 'forked child'}" if one.get("isolation") else ""
    rest = {key: value for key, value in one.items() if key not in ("status", "reason", "isolation", "said")}
    return ", ".join(text for text in (verdict, where, said(one.get("said")), said(rest)) if text)


def _is_empty(value: object) -> bool:
    return not value and not isinstance(value, int | float)
