"""Emails (E9): exactly one address, however it was copied or typed."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.fields import normalise
from mapping.fields.hashing import hash_identity
from mapping.results import OmitField

JANE = sha256(b"jane@shop.example").hexdigest()

ONE = [
    ("as it is", "jane@shop.example"),
    ("capitals and spaces", " JANE@Shop.Example\n"),
    ("zero-width space", "jane@shop.example\u200b"),
    ("zero-width joiner inside", "ja\u200dne@shop.example"),
    ("byte order mark", "\ufeffjane@shop.example"),
    ("soft hyphen", "jane@shop\u00ad.example"),
    ("marks of direction", "\u202ajane@shop.example\u202c"),
    ("no-break space", "\u00a0jane@shop.example"),
    ("null byte", "jane@shop.example\x00"),
    ("full width", "ｊａｎｅ＠ｓｈｏｐ．ｅｘａｍｐｌｅ"),
    ("full width, partly", "jane＠shop.example"),
]
OTHERS = [
    ("dots and tags stay", "Jane.Doe+shop@Gmail.com", "jane.doe+shop@gmail.com"),
    ("a typographic dash", "jane\u2010doe@shop.example", "jane-doe@shop.example"),
    ("dots side by side, as Japan's carriers have", "a..b.@docomo.ne.jp", "a..b.@docomo.ne.jp"),
    ("an apostrophe", "o'neil@shop.example", "o'neil@shop.example"),
    ("another script", "юля@почта.рф", "юля@почта.рф"),
]
NONE = [
    *("jane.at.shop", "jane", "@", "jane@", "@shop.example", "jane@shop", "jane@@shop.example", "jane@shop..example"),
    *(
        "jane@shop.example,joe@shop.example",
        "jane@shop.example; joe@shop.example",
        "jane@shop.example joe@shop.example",
    ),
    *("Jane Doe <jane@shop.example>", '"Jane" jane@shop.example', "<jane@shop.example>", "mailto:jane@shop.example"),
    *("jane@shop.example (work)", "jane@.example", "jane@shop.example.", "ja ne@shop.example", "jane@shop,example"),
    *(
        "jane@shop.example/joe@shop.example",
        "undefined",
        "undefined@undefined",
        "jane%40shop.example",
        "ja\nne@shop.example",
    ),
]


@pytest.mark.parametrize("text", [row[1] for row in ONE], ids=[row[0] for row in ONE])
def test_one_address_is_hashed_however_it_was_copied(text):
    """E9: invisible characters are removed, full-width ones become plain."""
    assert hash_identity(text, normalise.email) == JANE


@pytest.mark.parametrize(("text", "plain"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_nothing_else_of_an_address_is_changed(text, plain):
    """E9: TikTok only trims and lowers."""
    assert hash_identity(text, normalise.email) == sha256(plain.encode()).hexdigest()


@pytest.mark.parametrize("text", NONE)
def test_what_is_not_one_address_is_omitted(text):
    """E9: neither the whole nor a part of it is hashed."""
    assert isinstance(hash_identity(text, normalise.email), OmitField)


def test_event_goes_without_it(bench):
    """E9: the event is sent with a note."""
    result = bench.mapped(bench.plan(), user_identities={"email": "Jane <jane@shop.example>"})
    assert [note.field for note in result.notes] == ["user_identities.email"]


INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202a\u202c\u2066\u2069\x00"


@settings(deadline=None)
@given(st.emails(), st.data())
def test_invisible_characters_change_no_hash(address, data):
    """E9: at any position."""
    place = data.draw(st.integers(0, len(address)))
    mark = data.draw(st.sampled_from(INVISIBLE))
    odd = f"{address[:place]}{mark}{address[place:]}"
    assert hash_identity(odd, normalise.email) == hash_identity(address, normalise.email)


@settings(deadline=None)
@given(st.emails(), st.emails(), st.sampled_from([",", ";", " ", ", ", "/", "|", "\n"]))
def test_two_addresses_are_none(first, second, between):
    """E9: with any text between them."""
    assert isinstance(hash_identity(f"{first}{between}{second}", normalise.email), OmitField)
