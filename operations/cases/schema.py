"""Make the JSON Schema of case files from the rows that read them, so that editors complete and check the files."""

from typing import Any

import msgspec

from config.reading.json_schema import JSON_SCHEMA_DIALECT
from operations.cases.reading import CASE


def case_schema() -> dict[str, Any]:
    """Return the schema. It does not say what a batch holds, nor which connections there are."""
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        "title": "cases",
        "description": "A case file of relay test.",
        "type": "object",
        "properties": {"cases": {"type": "array", "minItems": 1, "items": CASE.schema}},
        "required": ["cases"],
        "additionalProperties": False,
    }


def case_schema_text() -> str:
    """Return the schema as `relay schema --cases` prints it."""
    return msgspec.json.format(msgspec.json.encode(case_schema()), indent=2).decode() + "\n"
