"""`relay preview` and `--diff` show what each part of a custom mapping does, in text and in JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.events import batch, purchase
from support.terminal import relay

HEAD = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop
    inputs: [web]
    access_token: t
    event_source_id: CNEW
    enable_web_migration: true
    native_events: {purchase: CompletePayment}
    send_content_ids: false
"""
NATIVE = ["CompletePayment"]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set no Redis and no key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("RELAY_CONFIG", "relay.yaml")
    for name in ("RELAY_REDIS_URL", "RELAY_ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)


def order() -> dict[str, Any]:
    """Return an order of two products, with attributes."""
    bought = purchase(1, custom_attributes={"channel": "Web", "cents": 2050, "coupon": " A,b "})
    bought["data"]["product_action"]["products"] = [
        {"id": "hat", "category": "Hats", "price": 15.5, "custom_attributes": {"size": "XL"}},
        {"id": "pen", "category": "Pens", "price": 5},
    ]
    return bought


def write(name: str, *mappings: str) -> None:
    lines = ["    custom_mappings:", *(f"      - {mapping}" for mapping in mappings)] if mappings else []
    Path(name).write_text(HEAD + "\n".join(lines))


EACH = (
    "{tiktok_event: ViewContent, match: {action: purchase}, for_each: product, parameters: {content_id: {product: id}}}"
)


def test_one_event_for_each_product_is_shown_with_its_id() -> None:
    """In the bodies, and said in a note."""
    write("relay.yaml", EACH)
    Path("batch.json").write_text(json.dumps(batch(order())))
    [shown] = relay("preview", "batch.json", "--json").json
    events = [event for request in shown["requests"] for event in request["body"]["data"]]
    assert [(event["event"], event["event_id"]) for event in events] == [
        ("ViewContent", "e1-0"),
        ("ViewContent", "e1-1"),
    ]
    notes = [note for note in shown["notes"] if note["field"] == "products"]
    assert [
        (note["index"], "its event id is the event's with `-` and its place" in note["note"]) for note in notes
    ] == [
        (0, True),
        (0, True),
    ]
    text = relay("preview", "batch.json").stdout
    assert "e1-0" in text
    (said,) = [line for line in text.splitlines() if "each is an event of its own" in line]
    assert said.split()[:2] == ["0", "products"]


def test_a_custom_event_is_shown_with_its_warning() -> None:
    """Check says the same (tests/config/test_warnings.py)."""
    write("relay.yaml", "{custom_event: Big_Order, match: {action: purchase}}")
    Path("batch.json").write_text(json.dumps(batch(order())))
    text = " ".join(relay("preview", "batch.json").stdout.split())
    assert "Big_Order is a custom event: TikTok counts it, and no campaign can optimise for it" in text


PENS = EACH.replace("for_each", "products: {only_if: [{product: category, is: pens}]}, for_each")
PLAIN = "{tiktok_event: Lead, match: {action: purchase}, parameters: {PARAMETERS}}"
DIFFS = [
    ("a mapping that is new", [], ["{tiktok_event: Lead, match: {action: purchase}}"], NATIVE, ["Lead"], []),
    ("a custom event", [PLAIN], ["{custom_event: Big, match: {action: purchase}, parameters: {PARAMETERS}}"],
     ["Lead"], ["Big"], []),
    ("a condition that does not hold", [PLAIN],
     ["{tiktok_event: Lead, match: {action: purchase, only_if: [{attribute: channel, is: shop}]}}"],
     ["Lead"], NATIVE, []),
    ("a condition that withholds", [PLAIN],
     ["{tiktok_event: Lead, match: {action: purchase, never_if: [{field: total_amount, greater: 20}]}}"],
     ["Lead"], NATIVE, []),
    ("each product", [PLAIN.replace("Lead", "ViewContent")], [EACH], ["ViewContent"], ["ViewContent"] * 2, []),
    ("products chosen", [EACH], [PENS],
     ["ViewContent"] * 2, ["ViewContent"], []),
    ("a constant", [PLAIN], [PLAIN.replace("PARAMETERS", "description: {static: a}")], None, None,
     [("properties.description", "a")]),
    ("an attribute of products", [PLAIN], [PLAIN.replace("PARAMETERS", "content_name: {product_attribute: size}")],
     None, None, [("properties.contents[0].content_name", "XL"), ("properties.content_type", "product")]),
    ("a transform", [PLAIN.replace("PARAMETERS", "value: {attribute: cents}")],
     [PLAIN.replace("PARAMETERS", "value: {attribute: cents, transform: {multiply: 0.01}}")], None, None,
     [("properties.value", 20.5)]),
    ("products that go into contents", [PLAIN.replace("PARAMETERS", "content_id: {product: id}")],
     [PLAIN.replace("match", "products: {take: last}, match").replace("PARAMETERS", "content_id: {product: id}")],
     None, None, [("properties.contents[0].content_id", "pen"), ("properties.contents[1].content_id", None)]),
    ("a default", [], ["{custom_event: Any_Action, default_for: custom_event}"], ["unsupported: custom_event"],
     ["Any_Action"], []),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "was", "becomes", "fields"), [c[1:] for c in DIFFS], ids=[c[0] for c in DIFFS])
def test_a_diff_shows_what_a_change_of_mappings_changes(
    old: list[str], new: list[str], was: list[str] | None, becomes: list[str] | None, fields: list[Any]
) -> None:
    """The outcomes of the event before and after; the fields where only these differ."""
    write("old.yaml", *(mapping.replace("{PARAMETERS}", "{}") for mapping in old))
    write("new.yaml", *(mapping.replace("{PARAMETERS}", "{}") for mapping in new))
    custom = {
        "event_type": "custom_event",
        "data": {"event_name": "x", "custom_flags": {"TikTok.URL": "https://a.example"}},
    }
    sent = custom if was and was[0].startswith("unsupported") else order()
    Path("batch.json").write_text(json.dumps(batch(sent)))
    result = relay("preview", "--diff", "old.yaml", "new.yaml", "batch.json", "--json")
    assert result.exit_code == 0, result.stderr
    [compared] = result.json
    assert [(one["before"], one["after"]) for one in compared["outcomes"]] == (
        [(was, becomes)] if was != becomes else []
    )
    changed = [
        (field["path"], field.get("after"))
        for request in compared["requests"]
        for event in request["events"]
        for field in event["fields"]
    ]
    if fields:
        assert changed == fields


def test_a_diff_pairs_products_by_their_place() -> None:
    """The product that is gone is removed, and the others are unchanged."""
    write("old.yaml", EACH)
    write("new.yaml", PENS)
    Path("batch.json").write_text(json.dumps(batch(order())))
    [compared] = relay("preview", "--diff", "old.yaml", "new.yaml", "batch.json", "--json").json
    events = [event for request in compared["requests"] for event in request["events"]]
    assert [(event["tiktok_event"], event["change"]) for event in events] == [("ViewContent", "removed")]
