"""What ingest does not keep is shown to those who watch: withheld and unsupported events."""

import json
import time
from typing import Any

import httpx
from support.bench import Bench
from support.events import batch, purchase

from config.settings import Settings
from ingest.server import serving
from store.records.live_watches import Watch, Watcher

SCREEN = {"event_type": "screen_view", "data": {"source_message_id": "s1", "screen_name": "Home"}}


def shown(bench: Bench, sent: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """Send a batch to a real ingest until `number` events are shown, and return the first of these."""
    watcher = Watcher(bench.redis, Watch())
    watcher.take()
    settings = Settings(config=bench.path, redis_url=bench.url)  # type: ignore[arg-type]
    events: list[dict[str, Any]] = []
    deadline = time.monotonic() + 60
    with serving(settings) as url:
        while len(events) < number:
            assert time.monotonic() < deadline
            answer = httpx.post(f"{url}/v2/events", json=sent, auth=("key", "secret"), trust_env=False)
            assert answer.status_code == 202
            time.sleep(0.3)
            taken = watcher.take()
            assert taken is not None
            events += [json.loads(line) for line in taken.lines]
    return events[:number]


def test_what_a_rule_withholds_is_shown_with_the_rule_and_the_masked_source(bench: Bench) -> None:
    """Nothing was sent of it."""
    [event] = shown(bench, batch(purchase(1)) | {"environment": "development"}, 1)
    assert (event["outcome"], event["reason"], event["event_id"]) == ("withheld", "environment", "e1")
    assert (event["connection"], event["input"], event["request"]) == ("shop", "web", None)
    assert event["source"]["events"][0]["event_type"] == "commerce_event"
    assert "user0@shop.example" not in json.dumps(event)


def test_what_no_mapping_wants_is_shown_and_what_waits_is_not(bench: Bench) -> None:
    """The purchase has not ended."""
    [event] = shown(bench, batch(purchase(1), SCREEN), 1)
    assert (event["outcome"], event["event_id"]) == ("unsupported", "s1")
    assert "screen" in event["message"]
