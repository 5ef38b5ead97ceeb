"""Lines of `run.jsonl`: frozen records to text, text back to records, and the JSON Schema of both. Pure."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from runner.model import Footer, Header, Outcome

Record = Header | Outcome | Footer

_LINE: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="type")])


def encode(record: Record) -> str:
    """Return one line of `run.jsonl`, newline included."""
    return record.model_dump_json(by_alias=True) + "\n"


def decode(line: str) -> Record:
    """Return the record of a line. Raises ValueError (pydantic's) when it is none."""
    return _LINE.validate_json(line)


def run_schema() -> dict[str, Any]:
    """Return the JSON Schema of one line of `run.jsonl`: a header, a cell or a footer."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of run.jsonl",
        "description": "The first line is a header, the last of a run that ended a footer, every other one the outcome of a cell.",
        **_LINE.json_schema(by_alias=True, mode="serialization"),
    }
