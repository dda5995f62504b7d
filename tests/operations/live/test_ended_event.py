"""The line that shows an event that ended: nothing personal in it, and never larger than its bound."""

import json
from typing import Any

import pytest

from delivery.receipt import ReceiptFields
from mapping.incoming.invalid_batch import NO_BATCH
from operations.live.ended_event import MOST_LINE_BYTES, MOST_SOURCE_BYTES, TOO_LARGE, EndedEvent

FACTS = ReceiptFields("shop", "web", "delivered", "Purchase", received_ms=1, attempts=1, tiktok_code=0, match_keys=6)
SHARED = b'{"user_identities": {"email": "jane@shop.example"}, "ip": "203.0.113.7"}'
RAW = b'{"event_type": "commerce_event", "data": {"custom_attributes": {"card": "4111111111111111"}}}'
REQUEST = b'{"event": "Purchase", "user": {"email": ["9c86d0818402098b"], "ip": "203.0.113.7"}, "event_id": "e1"}'
PERSONAL = ("jane", "shop.example", "203.0", "4111", "9c86d0818402098b")


def line(*more: Any, facts: ReceiptFields = FACTS, shared: bytes = SHARED, raw: bytes = RAW, **named: Any) -> Any:
    """Return what the line says."""
    written = EndedEvent("e1", facts, shared, raw, *more, **named).line(2)
    assert b"\n" not in written
    assert len(written) <= MOST_LINE_BYTES
    return json.loads(written)


def test_source_and_request_are_masked_and_shown() -> None:
    """Names and shapes stay."""
    shown = line(request=REQUEST)
    assert not [value for value in PERSONAL if value in json.dumps(shown)]
    assert shown["source"]["events"][0]["event_type"] == "commerce_event"
    assert shown["source"]["user_identities"]["email"] == "j…@… (17 characters)"
    assert (shown["request"]["event"], shown["request"]["event_id"]) == ("Purchase", "e1")
    assert (shown["outcome"], shown["tiktok_code"], shown["match_keys"]) == ("delivered", 0, ["email", "phone"])


@pytest.mark.parametrize(
    ("message", "quotes", "shown"),
    [
        ("Invalid value for email: jane@shop.example", True, "Invalid value for email: j…@…"),
        ("`total_amount` must be a number such as 19.99", False, "`total_amount` must be a number such as 19.99"),
        ("", False, None),
    ],
)
def test_a_message_of_tiktoks_is_masked_and_one_of_relays_is_not(message: str, quotes: bool, shown: str | None) -> None:
    """TikTok quotes the values that it refuses."""
    assert line(message, quotes)["message"] == shown


@pytest.mark.parametrize("raw", [b'{"a": "%s"}' % (b"x" * MOST_SOURCE_BYTES), b'{"a": [%s0]}' % (b"1, " * 8_000)])
def test_a_large_event_is_named_and_not_shown(raw: bytes) -> None:
    """Whether it is large itself or becomes so when it is masked."""
    shown = line(raw=raw, request=REQUEST)
    assert shown["source"] == TOO_LARGE
    assert shown["event_id"] == "e1"


def test_an_element_that_is_no_batch_is_shown_as_a_sentence() -> None:
    """Its text may be anything."""
    assert "cannot be shown" in line(shared=NO_BATCH, raw=b"jane@shop.example")["source"]
