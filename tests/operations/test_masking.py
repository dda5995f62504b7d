"""Masking: no personal data on the terminal, and still enough to see what is wrong."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.masking import _IN_SENTENCES, _QUOTED, PRIVATE, READABLE, mask, mask_sentence, shape_of


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("", ""),
        ("jane@shop.example", "j…@… (17 characters)"),
        ("https://shop.example/?who=jane", "https://… (30 characters)"),
        ("x", "… (1 character)"),
        ("www.shop.com/x", "… (14 characters)"),
    ],
    ids=["empty", "email", "URL", "one", "text"],
)
def test_a_shape_tells_kind_and_length(text: str, shape: str) -> None:
    """And nothing else."""
    assert shape_of(text) == shape


def test_a_name_below_a_private_member_makes_nothing_readable() -> None:
    """Clients name attributes as they like."""
    assert mask({"user_attributes": {"price": 12345, "action": "jane"}}) == {
        "user_attributes": {"price": "…", "action": "… (4 characters)"}
    }


def test_a_readable_member_shows_words_only() -> None:
    """An address in the place of an amount stays hidden."""
    assert mask({"total_amount": "12,50"}) == {"total_amount": "… (5 characters)"}
    assert mask({"total_amount": "12.50", "price": 3}) == {"total_amount": "12.50", "price": 3}
    assert mask({"action": {"email": "jane"}}) == {"action": {"email": "… (4 characters)"}}


values = st.recursive(
    st.none() | st.booleans() | st.integers(min_value=1000) | st.text(min_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*READABLE, "email", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(name=st.sampled_from(sorted(PRIVATE)), value=values)
def test_below_private_members_no_text_and_no_number_survives(name: str, value: Any) -> None:
    """Whatever they hold."""

    def leaves(part: Any) -> list[Any]:
        if isinstance(part, dict):
            return [leaf for member in part.values() for leaf in leaves(member)]
        return [leaf for entry in part for leaf in leaves(entry)] if isinstance(part, list) else [part]

    masked = mask({name: value})
    assert all(leaf is None or isinstance(leaf, bool) or leaf == "" or "…" in leaf for leaf in leaves(masked))
    json.dumps(masked)


@pytest.mark.parametrize(
    ("sentence", "masked"),
    [
        ("Invalid value for event_id: refused on demand.", "Invalid value for event_id: refused on demand."),
        ("Batch.3.context.user.email: Must be hashed", "Batch.3.context.user.email: Must be hashed"),
        ("value 'Jane Doe' is bad", "value '…' is bad"),
        ('value "a" isn\'t "b"', 'value "…" isn\'t "…"'),
        ("value 'O'Hara' is bad", "value '…' is bad"),
        ("cannot read `Jane", "cannot read `…"),
        ("jane.doe@shop.example is no hash", "j…@… is no hash"),
        ("phone +1 (415) 555-0134 is no hash", "phone … is no hash"),
        ("see https://shop.example/?u=jane now", "see https://… now"),
        ("from 203.0.113.7 or 2001:db8::1", "from … or …"),
        ("hash 8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d", "hash …"),
    ],
)
def test_a_sentence_loses_what_it_may_have_from_an_event(sentence: str, masked: str) -> None:
    """Its sense stays."""
    assert mask_sentence(sentence) == masked


@pytest.mark.parametrize(
    "part", ["x", "f", "1", "a:", "f:f", "1 ", "1-", "'", '"', "a@", "@", "https://", "“", "+1(", "é", "`'\"", "' "]
)
def test_no_sentence_takes_longer_than_it_is_long(part: str) -> None:
    """A megabyte of whatever makes a careless pattern begin again at each place."""
    assert len(mask_sentence(part * (1_000_000 // len(part)))) < 3_000
    for pattern in (_QUOTED, *(pattern for pattern, _ in _IN_SENTENCES)):
        pattern.sub("", part * (100_000 // len(part)))
