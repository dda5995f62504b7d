"""Make the JSON Schema of `relay.yaml` from the rows that read it, so that editors complete and check the file."""

from typing import Any, Final

import msgspec

from config.reading.readers import scalar
from config.reading.schema import connection_record, input_record
from config.sources.record import source_record

JSON_SCHEMA_DIALECT: Final = "http://json-schema.org/draft-07/schema#"
"""The newest dialect that all common YAML editor plugins read."""


def json_schema() -> dict[str, Any]:
    """Return the schema. It has one spelling where relay accepts several, and no checks between settings."""
    return {
        "$schema": JSON_SCHEMA_DIALECT,
        "title": "relay.yaml",
        "description": "The configuration file of tiktok-events-relay.",
        "type": "object",
        "properties": {
            "inputs": {
                "description": "Where batches come from: one entry for each mParticle input.",
                "type": "array",
                "minItems": 1,
                "items": input_record(scalar).schema,
            },
            "connections": {
                "description": "Where events go: one entry for each pixel, app or Offline Event Set at TikTok.",
                "type": "array",
                "minItems": 1,
                "items": connection_record(scalar, ()).schema,
            },
            "sources": {
                "description": "Queues from which `relay consume` takes batches: one entry for each queue.",
                "type": "array",
                "minItems": 1,
                "items": source_record(scalar, ()).schema,
            },
        },
        "required": ["inputs", "connections"],
        "additionalProperties": False,
    }


def json_schema_text() -> str:
    """Return the schema as the file `config/relay.schema.json` has it."""
    return msgspec.json.format(msgspec.json.encode(json_schema()), indent=2).decode() + "\n"
