"""An item is known again by its key, whatever was changed in the configuration since."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import CustomMapping, Match, Parameter
from mapping.items import custom_keys, event_of, match_items
from mapping.results import Mapped, Rejected, Unsupported

BOUGHT = Match("commerce_event", action="purchase")


def paid(label: str, **parameters: Parameter) -> CustomMapping:
    return CustomMapping(
        "CompletePayment",
        BOUGHT,
        {"description": Parameter("static", label), "value": Parameter("static", "1"), **parameters},
    )


A, B = paid("A"), paid("B")
B_REPAIRED = paid("B", currency=Parameter("static", "EUR"))
C = CustomMapping("Contact", BOUGHT, {"description": Parameter("static", "C")})
D = paid("D")

# Which mappings there were, which item is still open, which mappings there are now → whose item it becomes.
CHANGES = [
    ("nothing changed", [A, B, C], B, [A, B, C], B),
    ("another order", [A, B, C], B, [C, B, A], B),
    ("others changed", [A, B], A, [A, B_REPAIRED], A),
    ("another one is gone", [A, B], B, [B], B),
    ("another one is new", [A, B], B, [D, A, B], B),
    ("it was repaired", [A, B], B, [A, B_REPAIRED], B_REPAIRED),
    ("it was repaired, in another order", [A, B], B, [B_REPAIRED, A], B_REPAIRED),
    ("the other one was repaired", [A, B], B, [B_REPAIRED, B], B),
    ("it is gone", [A, B, C], B, [A, C], None),
    ("its TikTok event is gone", [A, C], C, [A, B], None),
    ("it or the other one was repaired: no one can tell which", [A, B], A, [B_REPAIRED], None),
    ("the only one of its event was repaired", [B, C], B, [C, B_REPAIRED], B_REPAIRED),
    ("the same mapping stands there twice", [A, A], A, [A, A], A),
    ("no mapping is left", [A, B], B, [], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "wanted", "after", "expected"), [c[1:] for c in CHANGES], ids=[c[0] for c in CHANGES]
)
def test_an_open_item_stays_itself(
    before: list[CustomMapping], wanted: CustomMapping, after: list[CustomMapping], expected: CustomMapping | None
) -> None:
    """It becomes what its own mapping makes now, or nothing; never another item."""
    made, today = custom_keys(before), custom_keys(after)
    [place] = match_items([made[before.index(wanted)]], made, today)
    assert (None if place is None else after[place]) == expected


def test_mappings_of_the_very_same_content_are_two_items() -> None:
    """So that each is sent once (M4) and neither is taken for the other."""
    first, second = custom_keys([A, A])
    assert first != second
    assert event_of(first) == event_of(second) == "CompletePayment"
    assert match_items([second], [first, second], [first, second]) == [1]


@given(
    st.lists(st.sampled_from([A, B, C, D]), max_size=5), st.lists(st.sampled_from([A, B, B_REPAIRED, C, D]), max_size=5)
)
def test_two_open_items_never_become_one(before: list[CustomMapping], after: list[CustomMapping]) -> None:
    """Nor does an open item become one that ended: what is today's place of one key is no other key's."""
    made, today = custom_keys(before), custom_keys(after)
    assert len(made) == len(set(made))
    places = [place for place in match_items(made, made, today) if place is not None]
    assert len(places) == len(set(places))
    assert all(event_of(today[place]) in set(map(event_of, made)) for place in places)


@given(
    st.lists(st.sampled_from(["CompletePayment", "Contact"]), max_size=5),
    st.lists(st.sampled_from([A, B, C]), max_size=5),
)
def test_entries_of_older_versions_name_the_event_only(names: list[str], after: list[CustomMapping]) -> None:
    """Each open item of theirs is one of today's with that name, and no two are the same."""
    today = custom_keys(after)
    found = match_items(names, None, today)
    places = [place for place in found if place is not None]
    assert len(places) == len(set(places))
    for name in set(names):
        assert sum(place is not None for place, one in zip(found, names, strict=True) if one == name) == min(
            names.count(name), sum(event_of(key) == name for key in today)
        )


def test_each_open_item_has_exactly_one_result(bench: Any) -> None:
    """In their order and under their own keys, whatever befalls the event."""
    before = bench.plan(custom_mappings=(A, B, C))
    [results] = bench.results(before, {"events": [bench.purchase()]})
    keys = [result.item for result in results]
    after = bench.plan(custom_mappings=(C, B_REPAIRED))
    batch = {"events": [bench.purchase(), bench.purchase(custom_flags={"TikTok.URL": "no"}), 7]}
    split = json.dumps(batch).encode()
    good, refused, unreadable = bench.results(after, split, only=[keys[1], keys[0], keys[2]], made=keys)
    assert [(type(one), getattr(one, "item", None)) for one in good] == [
        (Unsupported, None), (Unsupported, None), (Mapped, keys[2]),
    ]  # A is gone and B was repaired: no one can tell which of the two is there  # fmt: skip
    assert [type(one) for one in refused] == [Unsupported, Unsupported, Rejected]
    assert [(type(one), one.item, one.tiktok_event) for one in unreadable] == [
        (Rejected, key, event_of(key)) for key in (keys[1], keys[0], keys[2])
    ]
