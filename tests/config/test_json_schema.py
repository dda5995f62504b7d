"""The JSON Schema of relay.yaml says what the reader of the file says."""

import io
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

import config
from config.model import Connection
from config.reading.custom_mappings import CUSTOM_MAPPING
from config.reading.draft import MINIMAL_FILE
from config.reading.json_schema import json_schema, json_schema_text
from config.reading.readers import scalar
from config.reading.records import Record
from config.reading.schema import connection_record, input_record
from config.reading.yaml_tree import read

FOLDER = Path(config.__file__).parent
RECORDS: list[Record[Any]] = [input_record(scalar), connection_record(scalar, ()), CUSTOM_MAPPING]


def faults(text: str) -> list[str]:
    """Return what an editor would underline in `text`."""
    document = YAML(typ="safe").load(io.StringIO(text))
    return [error.message for error in jsonschema.Draft7Validator(json_schema()).iter_errors(document)]


def test_the_shipped_file_is_the_schema_of_the_code() -> None:
    """To renew it: relay schema > config/relay.schema.json."""
    assert (FOLDER / "relay.schema.json").read_text(encoding="utf-8") == json_schema_text()


def test_the_schema_is_valid() -> None:
    jsonschema.Draft7Validator.check_schema(json_schema())


def test_the_example_passes_and_its_first_line_names_the_schema() -> None:
    text = (FOLDER / "relay.example.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=relay.schema.json\n")
    assert faults(text) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("platform: web", "platform: wbe"), "'wbe' is not one of"),
        (("enable_web_migration: true", "enable_web_migraton: true"), "'enable_web_migraton' was unexpected"),
        (("    event_source_id: CUSG5HBC77UD11VVRQEG\n", ""), "'event_source_id' is a required property"),
        (("enable_web_migration: true", "max_events_per_request: 2000"), "2000 is greater than the maximum"),
        (
            ("enable_web_migration: true", "custom_mappings: [{tiktok_event: Serch, match: {name: x}}]"),
            "'Serch' is not one of",
        ),
    ],
)
def test_a_mistake_is_one_for_editors_too(change: tuple[str, str], message: str) -> None:
    assert faults(MINIMAL_FILE) == []
    found = faults(MINIMAL_FILE.replace(*change))
    assert len(found) == 1
    assert message in found[0]


@pytest.mark.parametrize(
    ("key", "row"), [(key, row) for key, row in connection_record(scalar, ()).rows.items() if row.default is not None]
)
def test_a_stated_default_is_the_default(key: str, row: Any) -> None:
    """`max_events_per_request` has none in the model: the route decides."""
    node, problems = read(f"{key}: {row.default}\n".encode())
    assert problems == []
    value = row.read(key, node.values[key])  # type: ignore[union-attr]
    field = Connection.__dataclass_fields__[row.to or key]
    default = field.default_factory() if callable(field.default_factory) else field.default
    assert value == (1000 if key == "max_events_per_request" else default)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.what)
def test_every_key_has_a_meaning(record: Record[Any]) -> None:
    for key, row in record.rows.items():
        assert re.fullmatch(r"\S.{10,160}\.", row.meaning), key


def test_a_value_that_relay_reads_as_text_may_look_like_a_number() -> None:
    assert faults(MINIMAL_FILE.replace("CUSG5HBC77UD11VVRQEG", "0123")) == []
