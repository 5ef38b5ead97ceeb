"""Squeezing data for the page: JSON, deflated, in base64, which holds no character that means anything to HTML."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any


class Texts:
    """Texts by number, each kept once; number 0 is the empty one."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """Return the number of a text."""
        return self._numbers.setdefault(text, len(self._numbers))

    @property
    def all(self) -> list[str]:
        return list(self._numbers)


def pack(value: Any) -> str:
    """Return a JSON value as base64 of raw deflate, which browsers undo with DecompressionStream."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    # What is no character by itself, half of a pair, has no UTF-8.
    return base64.b64encode(squeezer.compress(text.encode("utf-8", "replace")) + squeezer.flush()).decode("ascii")


def unpack(text: str) -> Any:
    """Return the value again."""
    return json.loads(zlib.decompress(base64.b64decode(text), -zlib.MAX_WBITS))
