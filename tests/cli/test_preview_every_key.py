"""`relay preview --diff` has a line for a change of every key that a custom mapping can have."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.events import batch, purchase
from support.terminal import relay

from config.reading.custom_mappings import CUSTOM_MAPPING
from config.reading.matches import MATCH, PRODUCTS, PROMOTIONS
from config.reading.parameters import PARAMETER
from config.reading.records import Record

HEAD = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop
    inputs: [web]
    access_token: t
    event_source_id: CNEW
    enable_web_migration: true
    custom_mappings:
      - """
FLAGS = {"TikTok.URL": "https://shop.example/"}
ORDER = purchase(1, custom_attributes={"channel": "Web", "cents": 2050}, custom_flags=FLAGS)
ORDER["data"]["product_action"] |= {
    "total_amount": 20.5,
    "products": [
        {"id": "hat", "category": "Hats", "price": 15.5, "custom_attributes": {"size": "XL"}},
        {"id": "pen", "category": "Pens", "price": 5},
    ],
}
PROMOTED: dict[str, Any] = {
    "event_type": "commerce_event",
    "data": {
        "promotion_action": {"action": "view", "promotions": [{"id": "summer", "name": "A"}, {"id": "winter"}]},
        "custom_flags": FLAGS,
        "source_message_id": "p1",
    },
}
CLICKED: dict[str, Any] = {
    "event_type": "custom_event",
    "data": {"event_name": "Quiz", "custom_event_type": "navigation", "custom_flags": FLAGS, "source_message_id": "c1"},
}


def lead(match: str = "action: purchase", more: str = "", **parameters: str) -> str:
    """Return a mapping to Lead."""
    given = ", ".join(f"{name}: {value}" for name, value in parameters.items())
    return f"{{tiktok_event: Lead, match: {{{match}}}, {more}parameters: {{{given}}}}}"


def products(choice: str = "") -> str:
    """Return a mapping with an event for each of the products that are chosen."""
    chosen = f"products: {{{choice}}}, " if choice else ""
    return lead(more=f"{chosen}for_each: product, ", content_id="{product: id}")


def promotions(choice: str = "", more: str = "for_each: promotion, ") -> str:
    """Return a mapping with an event for each of the promotions that are chosen."""
    chosen = f"promotions: {{{choice}}}, " if choice else ""
    return lead("event_type: commerce_event", chosen + more, description="{promotion: id}")


Change = tuple[Any, str, str]
"""An event, a mapping, and the mapping after a change of the key."""

VALUE = "{value: {field: total_amount}}"
MAPPING_KEYS: dict[str, Change] = {
    "tiktok_event": (ORDER, lead(), lead().replace("Lead", "Contact")),
    "custom_event": (ORDER, lead(), lead().replace("tiktok_event: Lead", "custom_event: Quiz_Done")),
    "match": (ORDER, lead(), lead("action: refund")),
    "default_for": (
        CLICKED,
        lead("event_type: custom_event, name: other"),
        "{tiktok_event: Lead, default_for: custom_event}",
    ),
    "parameters": (ORDER, lead(), lead(description="{static: a}")),
    "products": (ORDER, products(), products("take: last")),
    "promotions": (PROMOTED, promotions(), promotions("take: last")),
    "for_each": (PROMOTED, promotions(more=""), promotions()),
    "extra_parameters": (
        ORDER,
        "{tiktok_event: Contact, match: {action: purchase}}",
        f"{{tiktok_event: Contact, match: {{action: purchase}}, extra_parameters: true, parameters: {VALUE}}}",
    ),
}
PARAMETER_KEYS: dict[str, Change] = {
    "attribute": (ORDER, lead(), lead(description="{attribute: channel}")),
    "user_attribute": (ORDER, lead(), lead(description="{user_attribute: plan}")),
    "field": (ORDER, lead(), lead(value="{field: total_amount}")),
    "product": (ORDER, lead(), lead(content_id="{product: id}")),
    "product_attribute": (ORDER, lead(), lead(content_name="{product_attribute: size}")),
    "promotion": (
        PROMOTED,
        lead("event_type: commerce_event"),
        lead("event_type: commerce_event", description="{promotion: id}"),
    ),
    "identity_present": (ORDER, lead(), lead(description="{identity_present: email}")),
    "static": (ORDER, lead(), lead(description="{static: a}")),
    "transform": (
        ORDER,
        lead(value="{attribute: cents}"),
        lead(value="{attribute: cents, transform: {multiply: 0.01}}"),
    ),
    "required": (ORDER, lead(description="{attribute: none}"), lead(description="{attribute: none, required: true}")),
    "default": (ORDER, lead(description="{attribute: none}"), lead(description="{attribute: none, default: a}")),
}
MATCH_KEYS: dict[str, Change] = {
    "event_type": (ORDER, lead(), lead("event_type: screen_view")),
    "action": (ORDER, lead(), lead("action: refund")),
    "name": (CLICKED, lead("event_type: custom_event"), lead("event_type: custom_event, name: other")),
    "custom_event_type": (
        CLICKED,
        lead("event_type: custom_event"),
        lead("event_type: custom_event, custom_event_type: search"),
    ),
    "attributes": (ORDER, lead(), lead("action: purchase, attributes: {channel: [shop]}")),
    "only_if": (ORDER, lead(), lead("action: purchase, only_if: [{attribute: channel, is: shop}]")),
    "never_if": (ORDER, lead(), lead("action: purchase, never_if: [{attribute: channel, is: web}]")),
}
PRODUCT_KEYS: dict[str, Change] = {
    "only_if": (ORDER, products(), products("only_if: [{product: category, is: pens}]")),
    "never_if": (ORDER, products(), products("never_if: [{product: category, is: pens}]")),
    "take": (ORDER, products(), products("take: first")),
}
PROMOTION_KEYS: dict[str, Change] = {
    "only_if": (PROMOTED, promotions(), promotions("only_if: [{promotion: id, is: summer}]")),
    "never_if": (PROMOTED, promotions(), promotions("never_if: [{promotion: id, is: summer}]")),
    "take": (PROMOTED, promotions(), promotions("take: first")),
}
TABLES: dict[str, tuple[Record[Any], Mapping[str, Change]]] = {
    "mapping": (CUSTOM_MAPPING, MAPPING_KEYS),
    "parameter": (PARAMETER, PARAMETER_KEYS),
    "match": (MATCH, MATCH_KEYS),
    "products": (PRODUCTS, PRODUCT_KEYS),
    "promotions": (PROMOTIONS, PROMOTION_KEYS),
}
WITHOUT_EFFECT = {"type": (lead(value="{attribute: cents}"), lead(value="{attribute: cents, type: number}"))}
"""Keys that only say what holds without them; a wrong one is refused."""
CASES = {f"{table} {key}": change for table, (_, changes) in TABLES.items() for key, change in changes.items()}


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set no Redis and no key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "none"))
    for name in ("RELAY_REDIS_URL", "RELAY_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("table", TABLES)
def test_no_key_is_missing_here(table: str) -> None:
    """A new key of a mapping needs a row."""
    record, changes = TABLES[table]
    assert {*changes, *(WITHOUT_EFFECT if table == "parameter" else ())} == set(record.rows)


@pytest.mark.parametrize(("old", "new"), WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_a_key_without_effect_changes_nothing(old: str, new: str) -> None:
    """And the text says so."""
    assert "nothing changes" in compare(ORDER, old, new)[1]


@pytest.mark.parametrize(("event", "old", "new"), CASES.values(), ids=CASES)
def test_a_change_of_a_key_has_a_line(event: dict[str, Any], old: str, new: str) -> None:
    """A field, an event or an outcome that differs, in JSON and in the text."""
    compared, text = compare(event, old, new)
    assert compared["change"] == "changed"
    lines = [(event["change"], event["fields"]) for request in compared["requests"] for event in request["events"]]
    assert lines or compared["outcomes"]
    assert "nothing changes" not in text
    assert " → " in text or "would become" in text


def compare(event: dict[str, Any], old: str, new: str) -> tuple[dict[str, Any], str]:
    """Return what `relay preview --diff` says of an event under both mappings, as JSON and as text."""
    for name, mapping in (("old.yaml", old), ("new.yaml", new)):
        Path(name).write_text(HEAD + mapping + "\n")
    Path("batch.json").write_text(json.dumps({**batch(event), "user_attributes": {"plan": "gold"}}))
    result = relay("preview", "--diff", "old.yaml", "new.yaml", "batch.json", "--json")
    assert result.exit_code == 0, result.stderr
    [compared] = result.json
    return compared, relay("preview", "--diff", "old.yaml", "new.yaml", "batch.json").stdout
