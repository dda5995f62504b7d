"""What a request writes to Redis: each wanted event once for each connection, and the ledger."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.events import NOW_MS, batch, purchase
from support.site import APP, LONELY, WEB, Site, running_site

from config.secrets import Keyring
from lanes.chunk import ChunkCodec
from lanes.names import LANES_PER_CONNECTION

SEARCH = {"event_type": "custom_event", "data": {"event_name": "Site Search", "source_message_id": "s1"}}
START = {"event_type": "session_start", "data": {}}


def kept(site: Site, connection: str) -> list[tuple[int, str | None, Any]]:
    """Return position, generated id and content of every event that waits for a connection."""
    return [
        (entry.position, entry.event_id, msgspec.json.decode(entry.raw))
        for chunk in site.chunks(connection)
        for part in chunk.batches
        for entry in part.entries
    ]


def test_each_connection_keeps_what_it_wants(site: Site) -> None:
    """Native events, custom mappings or nothing: three connections of one input, one batch."""
    site.post(batch(purchase(1), START, SEARCH, purchase(2)))
    assert kept(site, "shop") == kept(site, "mirror") == [(0, None, purchase(1)), (3, None, purchase(2))]
    assert (2, None, SEARCH) in kept(site, "searches")
    assert kept(site, "resting") == []


def test_the_ledger_counts_every_event_of_every_connection(site: Site) -> None:
    """All events are accepted; those not stored are unsupported or, for a disabled connection, withheld."""
    site.post(batch(purchase(1), START, SEARCH, purchase(2)))
    assert site.counts("shop") == {"accepted": 4, "unsupported": 2}
    assert site.counts("resting") == {"accepted": 4, "withheld": 4}
    assert site.counts("input:web") == {"accepted": 4}


def test_the_rest_of_the_batch_is_stored_beside_its_events(site: Site) -> None:
    """The user is stored beside the events; the input and the time are in the chunk's header."""
    whole = batch(purchase(1), user=7)
    site.post(whole)
    [chunk] = site.chunks("shop")
    assert msgspec.json.decode(chunk.batches[0].shared) == {k: v for k, v in whole.items() if k != "events"}
    assert (chunk.input, chunk.first_unknown_ms, chunk.peer_ip) == ("web", 0, "")
    seconds, microseconds = site.redis.time()  # type: ignore[misc]
    assert 0 <= seconds * 1000 + microseconds // 1000 - chunk.received_ms < 10_000


def test_another_environment_is_withheld(site: Site) -> None:
    """Not stored, but counted."""
    site.post({**batch(purchase(1)), "environment": "DEVELOPMENT"})
    assert (kept(site, "shop"), site.counts("shop")) == ([], {"accepted": 1, "withheld": 1})


def test_events_that_no_connection_serves_are_unrouted(site: Site) -> None:
    """The input's ledger shows them, so that a missing connection is noticed."""
    assert site.post(batch(purchase(1), purchase(2)), auth=LONELY).status_code == 202
    assert site.counts("input:lonely") == {"accepted": 2, "unrouted": 2}
    assert site.redis.keys("lane:*") == []


def test_only_the_connections_of_the_input_get_it(site: Site) -> None:
    """The API key decides the input."""
    site.post(batch(purchase(1)), auth=APP)
    assert (len(kept(site, "game")), kept(site, "shop")) == (1, [])


@pytest.mark.parametrize("element", [7, None, "text", [1], {"data": 5}], ids=repr)
def test_an_element_that_is_no_event_is_kept(site: Site, element: object) -> None:
    """It becomes a dead letter, which only a worker makes."""
    site.post({"events": [element]})
    [(position, event_id, content)] = kept(site, "shop")
    assert (position, content) == (0, element)
    assert event_id


def test_an_empty_array_where_an_event_belongs_is_an_empty_event(site: Site) -> None:
    """PHP writes an empty object like this; an event without a type is unsupported."""
    site.post({"events": [[]]})
    assert kept(site, "shop") == []
    assert site.counts("shop") == {"accepted": 1, "unsupported": 1}


def test_an_event_without_an_id_gets_one_that_is_the_same_when_it_is_sent_again(site: Site) -> None:
    """A client's retry counts once (E2); an equal event in the batch gets another id, an event with an id none."""
    anonymous = purchase(1, source_message_id=None)
    again = batch(anonymous, anonymous, purchase(2))
    site.post(again)
    site.post(again)
    first, second, *others = [event_id for _, event_id, _ in kept(site, "shop")]
    assert first
    assert second
    assert first != second
    assert others.count(None) == 2
    assert {first, second} <= set(others)


def test_equal_events_without_any_time_are_as_many(site: Site) -> None:
    """Official SDKs send neither time nor request id; equal actions must not become one, however close in time."""
    action = batch(purchase(1, source_message_id=None, timestamp_unixtime_ms=None))
    site.post([action] * 3, "/v2/bulkevents")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: site.post(action), range(20)))
    ids = [event_id for _, event_id, _ in kept(site, "shop")]
    assert len(set(ids)) == len(ids) == 23


def test_bulk_keeps_every_batch_apart(site: Site) -> None:
    """Each user's events stay with that user."""
    site.post([batch(purchase(n), user=n) for n in range(5)], "/v2/bulkevents")
    users = [msgspec.json.decode(part.shared)["user_identities"] for c in site.chunks("shop") for part in c.batches]
    assert [user["customer_id"] for user in users] == [f"c-{n}" for n in range(5)]
    assert site.counts("shop") == {"accepted": 5}


def test_a_request_of_many_events_becomes_many_chunks(site: Site) -> None:
    """One claim need not take them all; no event is lost, and each keeps its position."""
    events = [purchase(n, timestamp_unixtime_ms=NOW_MS) for n in range(1700)]
    assert site.post([batch(*events[:1200]), batch(*events[1200:])], "/v2/bulkevents").status_code == 202
    chunks = site.chunks("shop")
    assert len(chunks) > 3
    assert all(sum(len(part.entries) for part in chunk.batches) <= 500 for chunk in chunks)
    found = sorted((position, event["data"]["source_message_id"]) for position, _, event in kept(site, "shop"))
    assert found == sorted((n if n < 1200 else n - 1200, f"e{n}") for n in range(1700))
    assert site.counts("shop") == {"accepted": 1700}


def test_a_lone_surrogate_is_replaced_and_nothing_is_lost(site: Site) -> None:
    """Half an emoji, as in text cut at a length, becomes U+FFFD; pairs and escaped backslashes stay."""
    data = rb'"a":"\ud83d","b":"\uDE00\ud83d\ude00","c":"\\ud83d","product_action":{"action":"purchase"}'
    raw = b'{"events":[{"event_type":"commerce_event","data":{' + data + b"}}]}"
    assert site.post(raw).status_code == 202
    [(_, _, event)] = kept(site, "shop")
    assert (event["data"]["a"], event["data"]["b"], event["data"]["c"]) == ("�", "�😀", r"\ud83d")


def test_with_a_key_nothing_readable_is_in_redis(redis_url: str, tmp_path: Path) -> None:
    """Neither the user nor the event; the key decrypts both."""
    key = Keyring.new_key()
    with running_site(tmp_path, redis_url, encryption_key=key) as site:
        site.post(batch(purchase(1), user=7))
        [sealed] = [
            stored for n in range(LANES_PER_CONNECTION) for stored in site.redis.lrange(f"lane:shop:{n}", 0, -1)
        ]
    assert b"user7" not in sealed
    chunk = ChunkCodec(Keyring([key])).decode(sealed)
    assert msgspec.json.decode(chunk.batches[0].entries[0].raw) == purchase(1)


def test_the_default_input_is_the_one_of_the_key(site: Site) -> None:
    """A platform in the payload changes nothing."""
    site.post({**batch(purchase(1)), "device_info": {"platform": "iOS"}}, auth=WEB)
    assert (len(kept(site, "shop")), kept(site, "game")) == (1, [])
