"""Dead letters can be read by other versions of relay, and show people everything but the source."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.dead_letter import DeadLetter

DEAD_LETTER = DeadLetter(
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


def test_a_dead_letter_is_decoded_as_it_was_encoded() -> None:
    """Every field survives."""
    assert DeadLetter.decode(DEAD_LETTER.encode()) == DEAD_LETTER


def test_its_public_view_is_what_the_listing_promises() -> None:
    """The public form has exactly these names, in this order, without the source."""
    assert DEAD_LETTER.public() == {
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
    assert msgspec.json.encode(DEAD_LETTER.public())


def test_a_dead_letter_of_a_newer_version_can_be_read() -> None:
    """Unknown fields are ignored."""
    newer = {**msgspec.to_builtins(DEAD_LETTER), "colour": "red", "stage": "export", "words": b"", "source": b"sealed"}
    read = DeadLetter.decode(msgspec.msgpack.encode(newer))
    assert (read.id, read.stage, read.source) == ("7f3a", "export", b"sealed")


def test_a_dead_letter_of_an_older_version_can_be_read() -> None:
    """Missing fields get their defaults."""
    older = msgspec.msgpack.encode({"id": "1", "connection": "c", "input": "i", "at_ms": 0})
    assert DeadLetter.decode(older) == DeadLetter(id="1", connection="c", input="i", at_ms=0)


@pytest.mark.parametrize("stored", [b"", b"\xc1", b"\x90", msgspec.msgpack.encode({"id": 5})])
def test_what_is_not_a_dead_letter_raises_one_kind_of_error(stored: bytes) -> None:
    """All errors have one base class."""
    with pytest.raises(msgspec.MsgspecError):
        DeadLetter.decode(stored)


def test_the_repr_of_a_dead_letter_has_no_personal_data() -> None:
    """A repr may be logged."""
    assert repr(DEAD_LETTER) == "DeadLetter(id='7f3a', connection='shop-web', reason='rejected_by_tiktok')"


@given(st.integers(0, 4102444799999))
def test_times_are_rfc_3339_to_the_millisecond(at_ms: int) -> None:
    """All have the same length, so that they sort as text."""
    at = DeadLetter(id="1", connection="c", input="i", at_ms=at_ms).public()["at"]
    assert len(at) == 24
    assert at.endswith(f".{at_ms % 1000:03d}Z")
