"""An element that is not a batch becomes one dead letter for each connection of its input."""

import asyncio
import time

import pytest
from support.bench import Bench
from support.events import as_json, batch, purchase

from config.model import Configuration
from config.settings import Settings
from ingest.packing import pack
from ingest.sorting import sort
from lanes.appends.arrivals import Append
from lanes.chunk import ChunkCodec
from mapping.incoming.body import many_batches
from mapping.plan import compile_plan
from operations.dead_letters.edit import corrected, find_dead_letter, save_source, text_of
from operations.dead_letters.replay import Result, replay_page
from operations.dead_letters.store import DeadLetterStore, exported
from operations.errors import OperatorError
from operations.preview.preview import preview_all
from store.client import connect_async

GOOD = [as_json(batch(purchase(number))) for number in (1, 2)]
ELEMENTS = {
    "null": (b"null", "got `null`"),
    "a number": (b"7", "got `int`"),
    "a number too large": (b"1e400", "must be a JSON object"),
    "text": (b'"jane@shop.example"', "got `str`"),
    "an array": (b"[{}]", "got `array`"),
    "events in an object": (b'{"events":{"0":{}},"mpid":1}', "must be an array of events"),
    "events as text": (b'{"events":"[]"}', "must be an array of events"),
    "an array nested too deeply": (b"[" * 5_000 + b"]" * 5_000, "got `array`"),
    "nested too deeply": (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, "nested too deeply"),
    "events nested too deeply": (b'{"events":[' + b"[" * 5_000 + b"]" * 5_000 + b"]}", "nested too deeply"),
    "no UTF-8": (b'"\xe2\x28\xa1"', "not UTF-8 (byte 1)"),
}


def arrive(bench: Bench, body: bytes) -> None:
    """Append a request as ingest does."""
    configuration = bench.runtime.file.current
    source = configuration.inputs["web"]
    plans = [compile_plan(connection, source) for connection in configuration.connections.values()]
    arrivals = pack([sort("web", plans, many_batches(body), time.time_ns() // 1_000_000)], ChunkCodec())

    async def append() -> None:
        client = connect_async(bench.url)
        await Append(client, choose_lane=lambda: 0).append(arrivals)
        await client.aclose()

    asyncio.run(append())


def store_of(bench: Bench) -> DeadLetterStore:
    return DeadLetterStore(Settings(config=bench.path, redis_url=bench.url), bench.redis)  # type: ignore[arg-type]


@pytest.mark.parametrize(("element", "why"), ELEMENTS.values(), ids=ELEMENTS.keys())
def test_it_harms_no_other_batch(bench: Bench, element: bytes, why: str) -> None:
    """It counts as one event and is dead-lettered; batches around it are delivered; preview says the same."""
    body = b"[" + b",".join([GOOD[0], element, GOOD[1]]) + b"]"
    arrive(bench, body)
    bench.drain()
    assert bench.count("accepted", "delivered", "dead_lettered", "waiting") == (3, 2, 1, 0)
    [letter] = bench.dead_letters()
    assert (letter.stage, letter.reason, letter.field) == ("mapping", "invalid_batch", None)
    assert why in letter.message
    assert letter.event_id
    configuration: Configuration = bench.runtime.file.current
    pair = (configuration.inputs["web"], configuration.connections["shop"])
    [made] = preview_all([bytes(one) for one in many_batches(body)], [pair], "")
    assert [(index, one.reason, one.message) for index, one in made.rejected] == [(1, "invalid_batch", letter.message)]


def test_two_of_them_in_one_request_are_two_dead_letters(bench: Bench) -> None:
    """Although they are equal; each has its own id."""
    arrive(bench, b"[null,null," + GOOD[0] + b"]")
    bench.drain()
    assert bench.count("accepted", "delivered", "dead_lettered") == (3, 1, 2)
    assert len({letter.event_id for letter in bench.dead_letters()}) == 2


def test_a_connection_of_another_environment_gets_it_too(bench: Bench) -> None:
    """It names no environment, so nothing says that it may be withheld."""
    bench.configure("enable_web_migration: true", "environments: [development]")
    arrive(bench, b"[null," + GOOD[0] + b"]")
    bench.drain()
    assert bench.count("accepted", "withheld", "dead_lettered") == (2, 1, 1)


def test_a_disabled_connection_withholds_it(bench: Bench) -> None:
    """As every event that arrives."""
    bench.configure("enabled: false")
    arrive(bench, b"[null," + GOOD[0] + b"]")
    assert bench.count("accepted", "withheld", "waiting") == (2, 2, 0)


def test_it_is_shown_masked_and_exported(bench: Bench) -> None:
    """It may hold personal data; one that is not JSON is described by its size."""
    arrive(bench, b'["jane@shop.example",{"events":7,"mpid":12},' + GOOD[0] + b',"\xff"]')
    bench.drain()
    store = store_of(bench)
    shown = {str(exported(store, letter, reveal=False)["source"]["batch"]) for letter in bench.dead_letters()}
    assert shown == {
        "j…@… (17 characters)",
        "{'events': '…', 'mpid': '…'}",
        "3 bytes that cannot be shown: no JSON in UTF-8",
    }
    [revealed] = [one for one in bench.dead_letters() if "got `str`" in one.message]
    assert exported(store, revealed, reveal=True)["source"]["batch"] == "jane@shop.example"


def test_corrected_and_replayed_each_of_its_events_is_delivered(bench: Bench) -> None:
    """Its dead letter may become several events; the ledger counts each."""
    arrive(bench, b'[{"events":{"0":{}}},' + GOOD[0] + b"]")
    bench.drain()
    [letter] = bench.dead_letters()
    store = store_of(bench)
    found = find_dead_letter(store, letter.id)
    assert text_of(found.source) == '{\n  "events": {\n    "0": {}\n  }\n}\n'
    with pytest.raises(OperatorError, match="at least one event"):
        corrected(found.source, '{"events": []}')
    nameless = {**purchase(8), "data": {**purchase(8)["data"], "source_message_id": None}}
    several = as_json(batch(purchase(7), nameless, nameless)).decode()
    save_source(store, found, corrected(found.source, several))
    again = find_dead_letter(store, letter.id)
    assert text_of(again.source).count('"event_type"') == 3
    save_source(store, again, corrected(again.source, text_of(again.source)))
    replay_page(store, "shop", [letter.id], (), Result())
    bench.drain_all()
    assert bench.count("accepted", "replayed", "extra", "delivered", "dead_lettered", "waiting") == (2, 1, 2, 4, 1, 0)
    ids = [event["event_id"] for event in bench.sandbox.events()]
    assert len(set(ids)) == 4


def test_replayed_as_it_is_it_is_the_same_dead_letter(bench: Bench) -> None:
    """None of its content is lost."""
    arrive(bench, b"[7," + GOOD[0] + b"]")
    bench.drain()
    [letter] = bench.dead_letters()
    replay_page(store_of(bench), "shop", [letter.id], (), Result())
    bench.drain_all()
    [again] = bench.dead_letters()
    assert (again.reason, again.message, again.event_id) == (letter.reason, letter.message, letter.event_id)
    assert bench.runtime.codec.decode(again.source).batches == bench.runtime.codec.decode(letter.source).batches
