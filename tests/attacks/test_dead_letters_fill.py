"""Attack: a sender whose events all end as dead letters, with a large batch around many of them, without end."""

import gzip
import json
import random
from collections import Counter
from typing import Any

import httpx
from support.attack import SHORT, Attack, Start, as_bytes
from support.events import as_json

CONNECTIONS = """
connections:
  - {id: shop, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11, enable_web_migration: true}
"""
ROUNDS = 30 if SHORT else 600
MAXMEMORY = "96mb"


def test_dead_letters_have_a_share_and_harm_nobody_else(attacked: Start) -> None:
    """The connection pauses when its dead letters fill their share; 429 comes once its backlog is full too.

    The honest sender beside is answered and delivered, Redis stays below its limit, and room ends the pause.
    """
    with attacked(connections=CONNECTIONS, maxmemory=MAXMEMORY) as relay:
        heard = pour(relay, ROUNDS)
        shop = status(relay)
        share = as_bytes(MAXMEMORY) // 4
        relay.figure("requests, bytes on the wire", f"{heard.total()}, {heard.bytes:,}")
        relay.figure("answers", dict(heard.answers))
        relay.figure("dead letters, MiB of share", f"{shop['dead_letters']:,}, {shop['dead_letter_bytes'] / share:.0%}")
        if not SHORT:
            relay.wait_for(lambda: status(relay)["state"] == "paused", "the pause", 120)
            assert heard.answers["429 dead letters"], heard.answers
        assert status(relay)["dead_letter_bytes"] < share * 1.1
        relay.wait_for(lambda: is_drained(relay), "the end of every pause", 300)
        assert status(relay)["state"] == "healthy"


def test_a_large_batch_around_many_bad_events_is_kept_once(attacked: Start) -> None:
    """600 KB sent as one batch of a thousand bad events: what Redis holds and the worker needs stays near that."""
    with attacked(connections=CONNECTIONS, maxmemory=MAXMEMORY) as relay:
        before = used(relay)
        body = as_json(bad_batch(0, kilobytes=600, events=900))
        assert post(relay, body).status_code == 202
        relay.wait_for(lambda: status(relay)["dead_letters"] >= 900, "900 dead letters", 120)
        grown = used(relay) - before
        relay.figure("sent, Redis grown by", f"{len(body):,}, {grown:,}")
        assert grown < 4 * len(body)


def is_drained(relay: Attack) -> bool:
    """Whether nothing waits any more, after the dead letters so far were discarded: room ends the pause by itself."""
    relay.relay("dead-letters", "discard", "--connection", "shop", "--yes")
    return bool(status(relay)["waiting"] == 0)


class Heard:
    """What the attacker was answered."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.bytes = 0

    def total(self) -> int:
        """How many requests."""
        return self.answers.total()


def pour(relay: Attack, rounds: int) -> Heard:
    """Post bad batches until one is refused because of dead letters, or so many times."""
    heard = Heard()
    for number in range(rounds):
        body = gzip.compress(as_json(bad_batch(number, kilobytes=600, events=700)))
        answer = post(relay, body, {"Content-Encoding": "gzip"})
        named = "dead letters" in answer.text
        heard.answers[f"{answer.status_code}{' dead letters' if named else ''}"] += 1
        heard.bytes += len(body)
        if named:
            break
    return heard


def bad_batch(number: int, *, kilobytes: int, events: int) -> dict[str, Any]:
    """A batch of that size without its events, each of which the mapping refuses."""
    noise = random.Random(number).randbytes(kilobytes * 512).hex()
    return {
        "environment": "production",
        "user_identities": {"email": f"user{number}@shop.example"},
        "user_attributes": {"noise": noise},
        "events": [
            {"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}} for _ in range(events)
        ],
    }


def post(relay: Attack, body: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """As mParticle posts."""
    return httpx.post(
        f"{relay.url}/v2/events", content=body, headers=headers, auth=("key", "secret"), trust_env=False, timeout=30
    )


def status(relay: Attack) -> dict[str, Any]:
    """How the attacked connection stands."""
    said = relay.relay("status", "--json")
    found: dict[str, Any] = next(one for one in json.loads(said.stdout)["connections"] if one["id"] == "shop")
    return found


def used(relay: Attack) -> int:
    """What Redis uses."""
    with relay.client() as client:
        return int(client.info("memory")["used_memory"])
