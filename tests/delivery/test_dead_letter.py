"""Dead letters outlive the version that wrote them, and show people everything but the source."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dead_letter import DeadLetter

LETTER = DeadLetter(
    id="7f3a",
    connection="shop-web",
    input="web",
    at_ms=1795478400007,
    stage="delivery",
    reason="rejected_by_tiktok",
    message="Batch.0.context.user.email: alice@example.com is not valid",
    field="context.user.email",
    event_id="e1",
    tiktok_event="Purchase",
    tiktok_code=40002,
    tiktok_request_id="2026112400000000",
    attempts=2,
    job="job-1",
    source=b"sealed",
)


def test_a_letter_comes_back_as_it_was() -> None:
    """Every field."""
    assert DeadLetter.decode(LETTER.encode()) == LETTER


def test_its_public_view_is_what_the_listing_promises() -> None:
    """design.md: exactly these names, in this order; the source stays out."""
    assert LETTER.public() == {
        "id": "7f3a",
        "connection": "shop-web",
        "input": "web",
        "event_id": "e1",
        "tiktok_event": "Purchase",
        "stage": "delivery",
        "reason": "rejected_by_tiktok",
        "field": "context.user.email",
        "message": "Batch.0.context.user.email: alice@example.com is not valid",
        "tiktok_code": 40002,
        "tiktok_request_id": "2026112400000000",
        "attempts": 2,
        "job": "job-1",
        "at": "2026-11-24T00:00:00.007Z",
    }
    assert msgspec.json.encode(LETTER.public())


def test_a_letter_of_a_newer_version_can_be_read() -> None:
    """What it does not know it passes over."""
    newer = {**msgspec.to_builtins(LETTER), "colour": "red", "stage": "export", "words": b"", "source": b"sealed"}
    read = DeadLetter.decode(msgspec.msgpack.encode(newer))
    assert (read.id, read.stage, read.source) == ("7f3a", "export", b"sealed")


def test_a_letter_of_an_older_version_can_be_read() -> None:
    """What is missing takes its default."""
    older = msgspec.msgpack.encode({"id": "1", "connection": "c", "input": "i", "at_ms": 0})
    assert DeadLetter.decode(older) == DeadLetter(id="1", connection="c", input="i", at_ms=0)


@pytest.mark.parametrize("stored", [b"", b"\xc1", b"\x90", msgspec.msgpack.encode({"id": 5})])
def test_what_is_no_letter_is_said_to_be_none(stored: bytes) -> None:
    """With one family of errors."""
    with pytest.raises(msgspec.MsgspecError):
        DeadLetter.decode(stored)


def test_a_letters_repr_tells_no_secrets() -> None:
    """It may end up in a log."""
    assert repr(LETTER) == "DeadLetter(id='7f3a', connection='shop-web', reason='rejected_by_tiktok')"


@given(st.integers(0, 4102444799999))
def test_times_are_rfc_3339_to_the_millisecond(at_ms: int) -> None:
    """Always the same length, so they sort as text."""
    at = DeadLetter(id="1", connection="c", input="i", at_ms=at_ms).public()["at"]
    assert len(at) == 24
    assert at.endswith(f".{at_ms % 1000:03d}Z")
