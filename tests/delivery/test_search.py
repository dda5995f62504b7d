"""The search for refused events: every event ends as TikTok would answer for it alone, in few requests."""

import json
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.search import Search
from delivery.verdict import Delivered, Rejection, Split, field_in


class TikTok:
    """A stand-in that refuses a request for its first bad event; `says` maps bad events to messages."""

    def __init__(self, bodies: list[bytes], says: dict[int, str]) -> None:
        self.bodies, self.says = bodies, says
        self.requests: list[list[int]] = []

    def run(self, search: Search, most: int = 1_000_000) -> "TikTok":
        """Answer until the search ends."""
        while request := search.next_request():
            assert len(self.requests) < most
            self.answer(search, request)
        return self

    def answer(self, search: Search, request: list[int]) -> None:
        """Answer one request."""
        self.requests.append(list(request))
        bad = next((event for event in request if event in self.says), None)
        if bad is None:
            search.accepted(Delivered())
            return
        message = self.says[bad].replace("{place}", str(request.index(bad)))
        place = request.index(bad) if message.startswith("Batch.") else None
        search.refused(Split(Rejection(40002, message, None, field_in(message)), place))


def bodies_of(values: list[str]) -> list[bytes]:
    """Return one event for each value; the event's currency is the value."""
    return [
        json.dumps({"event_id": f"e{number}", "properties": {"currency": value}}, separators=(",", ":")).encode()
        for number, value in enumerate(values)
    ]


def refused(search: Search) -> set[int]:
    """Return the events that were refused."""
    return {event for event, ending in search.endings.items() if isinstance(ending, Rejection)}


MESSAGES = st.sampled_from(
    (
        "Invalid value",
        "Batch.{place}.event: refused",
        'properties.currency: "XXX" is not supported',
        'properties.currency: "USD" is not supported',
        "properties.currency: Must be one of USD, EUR and not XXX",
        'Wrong value "XXX"',
        'Wrong value "e1"',
        "Invalid value for event_id: not a valid string.",
    )
)


@given(st.lists(st.sampled_from(("USD", "EUR", "XXX")), min_size=1, max_size=60), st.integers(0, 70), st.data())
def test_every_event_ends_as_tiktok_answers_for_it_alone(values: list[str], step: int, data: st.DataObject) -> None:
    """A refused event was refused alone; a misleading message only costs requests."""
    says = data.draw(st.dictionaries(st.integers(0, len(values) - 1), MESSAGES))
    search = Search(bodies_of(values), step)
    tiktok = TikTok(bodies_of(values), says).run(search, most=60 * 10)
    assert set(search.endings) == set(range(len(values)))
    assert refused(search) == set(says)
    assert all([event] in tiktok.requests for event in says)
    accepted = [event for request in tiktok.requests if not set(request) & set(says) for event in request]
    assert len(accepted) == len(set(accepted)), "an accepted event is not sent again"


@given(st.integers(1, 60), st.data())
def test_a_search_interrupted_after_each_request_ends(events: int, data: st.DataObject) -> None:
    """Only `step` is passed on, as from claim to claim."""
    says = data.draw(st.dictionaries(st.integers(0, events - 1), MESSAGES))
    waiting, step, refused_events = list(range(events)), 0, set[int]()
    for _ in range(events * 12):
        if not waiting:
            break
        bodies = bodies_of(["USD" if event % 3 else "XXX" for event in waiting])
        tiktok = TikTok(bodies, {place: says[event] for place, event in enumerate(waiting) if event in says})
        search = Search(bodies, step)
        tiktok.answer(search, search.next_request())
        refused_events |= {waiting[place] for place in refused(search)}
        waiting = [event for place, event in enumerate(waiting) if place not in search.endings]
        step = search.step
    assert not waiting
    assert refused_events == set(says)


@pytest.mark.parametrize("bad", [0, 1, 333, 998, 999])
def test_one_bad_event_in_a_thousand_costs_few_requests(bad: int) -> None:
    """Requests halve until it is alone, then grow again from the size that TikTok accepted."""
    tiktok = TikTok([b"{}"] * 1000, {bad: "no"}).run(Search([b"{}"] * 1000))
    assert len(tiktok.requests) <= 22


@given(st.integers(2, 1000), st.data())
def test_a_place_in_the_message_saves_the_search(events: int, data: st.DataObject) -> None:
    """Four requests: the refused one, the event alone, and the others in two."""
    bad = data.draw(st.integers(0, events - 1))
    tiktok = TikTok([b"{}"] * events, {bad: "Batch.{place}.event: no"}).run(Search([b"{}"] * events))
    assert len(tiktok.requests) <= 5


@pytest.mark.parametrize(
    "message",
    [
        'properties.currency: "XXX" is not supported',
        "Batch.{place}.properties.currency: XXX is not one of USD, EUR",
        "Invalid value for currency: XXX.x is none, XXX is none",
        "The value 'XXX' is refused",
        "The value “XXX” is refused",
    ],
)
def test_events_with_the_named_value_are_tried_alone_and_the_others_together(message: str) -> None:
    """100 of 1,000 events have one bad value: one request for each of them, and few for all others."""
    values = ["XXX" if number % 10 == 3 else "USD" for number in range(1000)]
    says = dict.fromkeys((number for number, value in enumerate(values) if value == "XXX"), message)
    search = Search(bodies_of(values))
    tiktok = TikTok(bodies_of(values), says).run(search)
    assert refused(search) == set(says)
    assert len(tiktok.requests) <= len(says) * 1.1 + 8


def test_events_with_the_named_value_do_not_collect_at_the_end() -> None:
    """Wherever the search is interrupted, the rest is as mixed as the original."""
    values = ["XXX" if number % 5 == 3 else "USD" for number in range(1000)]
    says = dict.fromkeys(range(3, 1000, 5), 'properties.currency: "XXX" is not supported')
    tiktok = TikTok(bodies_of(values), says).run(Search(bodies_of(values)))
    first = next(number for number, request in enumerate(tiktok.requests) if not set(request) & set(says))
    rows = [len(request) == 1 and request[0] in says for request in tiktok.requests[first:]]
    assert max(len(list(row)) for is_refused, row in groupby(rows) if is_refused) <= 12


def test_good_events_do_not_wait_until_all_with_the_named_value_are_refused() -> None:
    """After the refused request and one bad event alone, good events are sent."""
    values = ["XXX"] * 50 + ["USD"] * 50
    says = dict.fromkeys(range(50), 'properties.currency: "XXX" is not supported')
    tiktok = TikTok(bodies_of(values), says).run(Search(bodies_of(values)))
    assert next(number for number, request in enumerate(tiktok.requests) if not set(request) & set(says)) <= 3


def test_an_event_with_the_named_value_that_tiktok_accepts_clears_the_value() -> None:
    """Half of the events have a value that a message quotes by chance: they are not sent one by one."""
    values = ["USD"] * 500 + ["EUR"] * 500
    tiktok = TikTok(bodies_of(values), {700: 'properties.value: not a number of "EUR"'}).run(Search(bodies_of(values)))
    assert len(tiktok.requests) <= 30


@pytest.mark.parametrize(
    ("share", "named", "most_requests"),
    [(0.2, 0.0, 1.0), (0.2, 0.5, 1.0), (0.05, 0.5, 0.4), (0.01, 0.5, 0.12), (0.5, 0.0, 1.4), (0.9, 0.0, 1.3)],
)
def test_many_refused_events_cost_about_a_request_each(share: float, named: float, most_requests: float) -> None:
    """On average no event is posted more than about six times."""
    count = 2000
    bad = {number for number in range(count) if number * 7919 % 1000 < share * 1000}
    says = {
        event: f'properties.currency: "X{event}" is refused' if event * 104729 % 100 < named * 100 else "no"
        for event in bad
    }
    bodies = bodies_of([f"X{number}" for number in range(count)])
    search = Search(bodies)
    tiktok = TikTok(bodies, says).run(search)
    assert refused(search) == bad
    assert len(tiktok.requests) / count <= most_requests
    assert sum(map(len, tiktok.requests)) / count <= 6


def test_a_partial_success_ends_its_events_one_by_one() -> None:
    """TikTok may also list the events that it refused."""
    search = Search([b"{}"] * 3)
    rejection = Rejection(20001, "no", None, None)
    assert search.next_request() == [0, 1, 2]
    search.accepted(Delivered(((1, rejection),)))
    assert search.next_request() == []
    delivered = Delivered(((1, rejection),))
    assert search.endings == {0: delivered, 1: rejection, 2: delivered}


def test_the_next_draft_begins_with_the_size_that_worked() -> None:
    """Requests grow from there."""
    search = Search([b"{}"] * 100, step=4)
    sizes = []
    while request := search.next_request():
        sizes.append(len(request))
        search.accepted(Delivered())
    assert sizes == [4, 8, 16, 32, 40]
