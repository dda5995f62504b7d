"""Which events are shown when many end."""

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from operations.live.sample import by_turns


class Thing(NamedTuple):
    """A thing of a kind."""

    kind: str
    number: int


def test_rare_kinds_come_first_and_each_kind_gets_its_turn() -> None:
    """One dead letter among a hundred deliveries is shown, wherever it stands."""
    things = [Thing("delivered", number) for number in range(100)] + [Thing("dead", 0), Thing("withheld", 0)]
    things.append(Thing("withheld", 1))
    first = [thing.kind for thing in by_turns(things)][:6]
    assert first == ["dead", "withheld", "delivered", "withheld", "delivered", "delivered"]


@given(st.lists(st.builds(Thing, st.sampled_from("abcd"), st.integers())))
def test_nothing_is_lost_or_doubled_and_each_kind_keeps_its_order(things: list[Thing]) -> None:
    """Whatever comes."""
    turns = list(by_turns(things))
    for kind in "abcd":
        assert [each for each in turns if each.kind == kind] == [each for each in things if each.kind == kind]
    assert len(turns) == len(things)
