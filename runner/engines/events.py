"""Events of an agent: one JSON object a line, whatever else is printed between them."""

from __future__ import annotations

import json
from typing import Any


def event_of(line: bytes) -> dict[str, Any] | None:
    """Return the event that a line of output is, or None."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and "event" in event else None
