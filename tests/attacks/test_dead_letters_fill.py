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


def test_dead_letters_have_a_share_and_harm_no_one_else(attacked: Start) -> None:
    """The connection pauses when its dead letters fill their share; 429 comes once its backlog is full too.

    The honest sender beside is answered and delivered, Redis stays below its limit, and room ends the pause.
    """
    with attacked(connections=CONNECTIONS, maxmemory=MAXMEMORY) as relay:
        answers = pour(relay, ROUNDS)
        shop = status(relay)
        share = as_bytes(MAXMEMORY) // 4
        relay.figure("requests, bytes on the wire", f"{answers.total()}, {answers.bytes:,}")
        relay.figure("answers", dict(answers.answers))
        relay.figure("dead letters, MiB of share", f"{shop['dead_letters']:,}, {shop['dead_letter_bytes'] / share:.0%}")
        if not SHORT:
            relay.wait_for(lambda: status(relay)["state"] == "paused", "the pause", 120)
            assert answers.answers["429 dead letters"], answers.answers
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
    """Discard the dead letters, which ends the pause, and return whether no event waits any more."""
    relay.relay("dead-letters", "discard", "--connection", "shop", "--yes")
    return bool(status(relay)["waiting"] == 0)


class Answers:
    """The answers that the attacker got."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.bytes = 0

    def total(self) -> int:
        """Return how many requests were sent."""
        return self.answers.total()


def pour(relay: Attack, rounds: int) -> Answers:
    """Post bad batches until one is refused because of dead letters, or `rounds` times."""
    answers = Answers()
    for number in range(rounds):
        body = gzip.compress(as_json(bad_batch(number, kilobytes=600, events=700)))
        answer = post(relay, body, {"Content-Encoding": "gzip"})
        named = "dead letters" in answer.text
        answers.answers[f"{answer.status_code}{' dead letters' if named else ''}"] += 1
        answers.bytes += len(body)
        if named:
            break
    return answers


def bad_batch(number: int, *, kilobytes: int, events: int) -> dict[str, Any]:
    """Return a batch whose part without events has that size, and whose events the mapping refuses."""
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
    """Post as mParticle does, and return the answer."""
    return httpx.post(
        f"{relay.url}/v2/events", content=body, headers=headers, auth=("key", "secret"), trust_env=False, timeout=30
    )


def status(relay: Attack) -> dict[str, Any]:
    """Return the status of the attacked connection."""
    result = relay.relay("status", "--json")
    connections = json.loads(result.stdout)["connections"]
    found: dict[str, Any] = next(connection for connection in connections if connection["id"] == "shop")
    return found


def used(relay: Attack) -> int:
    """Return how many bytes Redis uses."""
    with relay.client() as client:
        return int(client.info("memory")["used_memory"])
