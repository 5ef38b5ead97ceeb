"""The message of a night to a webhook that takes Slack's JSON. Its address is a secret: it is in no message and no record."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from runner.errors import UsageError

SECONDS = 15.0
_LONGEST = 3000


def checked(address: str) -> str:
    """Return the address; raises UsageError, without telling it, when it is none that can be called."""
    try:
        parts = urlsplit(address)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        fine = False
    if not fine:
        raise UsageError("the webhook is no http or https address; give it with --webhook or in TFMATRIX_WEBHOOK")
    return address


def post(address: str, text: str, *, seconds: float = SECONDS) -> str:
    """Send a text and return what went wrong, "" when it arrived. Never raises for what the network or the other side does."""
    body = json.dumps({"text": escaped(text)}).encode()
    request = urllib.request.Request(address, data=body, headers={"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            answer.read(1000)
    except urllib.error.HTTPError as error:
        return f"it answered {error.code}"
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return "it did not answer: " + (getattr(reason, "strerror", None) or type(reason).__name__)
    return ""


def escaped(text: str) -> str:
    """Return a text as Slack shows it literally, cut to a length that it takes."""
    cut = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return cut.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
