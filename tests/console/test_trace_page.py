"""The page that traces events, and the page of match keys."""

import pytest
from support.bench import Bench
from support.console_client import ConsoleClient, visible_text
from support.events import batch, purchase

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}


def test_a_trace_shows_each_item_on_a_timeline(bench: Bench, operator: ConsoleClient) -> None:
    """Delivered with TikTok's answer, dead-lettered with a link, waiting with its place."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    bench.put([purchase(4), purchase(3)])
    page = operator.http.get("/console/trace", params={"ids": "e1\r\ne2\r\ne3"})
    text = visible_text(page)
    [request_id] = {event["request_id"] for event in bench.sandbox.events()}
    [dead_letter] = bench.dead_letters()
    assert f"TikTok's code 0, request id {request_id} attempt 1" in text
    assert f'href="/console/dead-letters/{dead_letter.id}"' in page.text
    assert "in lane shop:0, 1 event before it; shop is" in text
    assert text.index("received") < text.index("delivered") < text.index("dead-lettered") < text.index("now waiting")


def test_an_event_that_came_twice_is_in_the_order_of_time(bench: Bench, operator: ConsoleClient) -> None:
    """The second arrival stands after the end of the first."""
    bench.put([purchase(1)], days_ago=1)
    bench.drain()
    bench.put([purchase(1)], days_ago=-1)
    bench.drain()
    text = visible_text(operator.http.get("/console/trace", params={"ids": "e1"}))
    words = [word for word in text.split() if word in ("received", "delivered")]
    assert words[-4:] == ["received", "delivered", "received", "delivered"]


def test_an_event_that_was_not_seen_says_since_when_receipts_reach(bench: Bench, operator: ConsoleClient) -> None:
    """And that unsupported events have none."""
    assert "There are no receipts yet." in visible_text(operator.get("/console/trace?ids=e99"))
    bench.put([purchase(1)])
    bench.drain()
    text = visible_text(operator.get("/console/trace?ids=%3Cb%3Ee99"))
    assert "Not seen: <b>e99 Receipts were read from 2" in text
    assert "Unsupported events are only counted" in text


def test_a_trace_can_be_bounded_by_time(bench: Bench, operator: ConsoleClient) -> None:
    """As `relay trace --since --until` bounds it: what ended, and never what waits. The fields keep their values."""
    bench.put([purchase(1)])
    bench.drain()
    inside = operator.http.get("/console/trace", params={"ids": "e1", "since": "1h"})
    assert "TikTok's code 0" in visible_text(inside)
    assert 'name="since" value="1h"' in inside.text
    before = visible_text(operator.http.get("/console/trace", params={"ids": "e1", "until": "1h"}))
    assert "Not seen: e1" in before
    assert "TikTok's code 0" not in before


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"since": "soon"}, 'Since "soon" is no time. Pass a date such as 2026-11-24,'),
        ({"until": "2026-13-01"}, 'Until "2026-13-01" is no time.'),
        ({"since": "1h", "until": "2h"}, "Since 1h is not before Until 2h."),
    ],
)
def test_a_time_that_is_none_is_explained(operator: ConsoleClient, times: dict[str, str], said: str) -> None:
    """In the words of the command; nothing is traced."""
    text = visible_text(operator.http.get("/console/trace", params={"ids": "e1", **times}))
    assert said in text
    assert "Not seen" not in text


def test_only_so_many_ids_are_traced_at_once(operator: ConsoleClient) -> None:
    """The page says which command traces more."""
    text = visible_text(operator.get("/console/trace?ids=" + "%0A".join(f"e{n}" for n in range(101))))
    assert "Only the first 100 ids were traced. relay trace --file traces any number." in text


def test_match_keys_have_a_row_for_each_with_share_and_what_was_omitted(bench: Bench, operator: ConsoleClient) -> None:
    """For each TikTok event; a connection and a number of days can be chosen."""
    bench.put([purchase(1), purchase(2)], shared={**batch(), "user_identities": {"mobile_number": "0171 5550100"}})
    bench.put([purchase(3)])
    bench.drain()
    page = operator.get("/console/match-keys?connection=shop&days=7")
    text = visible_text(page)
    assert "shop → PlaceAnOrder 3 events delivered" in text
    assert "email 1 0 33%" in text
    assert "2 its country is not known" in text
    assert "polyline" in page.text
    assert "No events were delivered" in visible_text(operator.get("/console/match-keys?connection=other"))
