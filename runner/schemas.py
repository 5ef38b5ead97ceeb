"""JSON Schemas that the project publishes, made from the models that validate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runner.matrix_file import MatrixFile

PUBLISHED = Path(__file__).resolve().parent.parent / "docs" / "matrix.schema.json"


def matrix_schema() -> dict[str, Any]:
    """Return the JSON Schema of a matrix file, as editors use it."""
    schema: dict[str, Any] = _tidy(MatrixFile.model_json_schema(by_alias=True))
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "matrix.yaml"}
    return {**head, **schema, "patternProperties": {"^x-": {}}}


def matrix_schema_text() -> str:
    """Return the text of `docs/matrix.schema.json`, as `runner schema matrix` prints it."""
    return json.dumps(matrix_schema(), indent=2) + "\n"


def _tidy(value: Any) -> Any:
    """Leave out what pydantic adds for nobody: titles made of names, and defaults that say nothing."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    dull = {"title"} if isinstance(value.get("title"), str) else set()
    dull |= {"default"} if value.get("default", ...) in (None, [], {}) else set()
    return {key: _tidy(item) for key, item in value.items() if key not in dull}
