"""Batches whose own part is as large as it may be, of ever new users: a worker's memory is bounded (13, kind 4)."""

import gzip
import json

import httpx
import pytest
from support.attack import SHORT, Attack, Start
from support.events import batch, purchase

BATCHES = 150 if SHORT else 600
"""More would fill Redis, which answers 429 to everyone then; that is another attack."""
PART_BYTES = 700_000
CONNECTIONS = "\nconnections:\n" + "".join(
    f'  - {{id: shop-{number}, inputs: [web], access_token: "${{TOKEN}}", event_source_id: CUSG5HBC{number:012}}}\n'
    for number in range(3)
)


@pytest.mark.parametrize("shape", [pytest.param("many small attributes", marks=pytest.mark.long), "one long text"])
def test_large_parts_of_ever_new_users(attacked: Start, shape: str) -> None:
    """For three connections; what waits is let go at once, so that many large chunks are claimed together."""
    with attacked(connections=CONNECTIONS) as relay:
        for number in range(3):
            relay.relay("connections", "pause", f"shop-{number}").check_returncode()
        answers = send(relay, shape)
        for number in range(3):
            relay.relay("connections", "resume", f"shop-{number}").check_returncode()
        relay.wait_for(lambda: not waiting(relay), "everything delivered", 1200)
        relay.figure("batches accepted", answers.count(202))
        relay.figure("other answers", sorted({status for status in answers if status != 202}))
        assert answers.count(202) >= 50


def send(relay: Attack, shape: str) -> list[int]:
    """Each batch has one event; it compresses well, so that Redis takes many. Refusals for overload are right."""
    answers = []
    with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=60) as http:
        for number in range(BATCHES):
            posted = batch(purchase(number), user=number)
            posted["user_attributes"] = attributes(number, shape)
            body = gzip.compress(json.dumps(posted).encode(), 1)
            headers = {"content-encoding": "gzip", "content-type": "application/json"}
            answers.append(http.post(f"{relay.url}/v2/events", content=body, headers=headers).status_code)
    return answers


def attributes(number: int, shape: str) -> dict[str, str]:
    if shape == "one long text":
        return {"text": f"{number}" + "x" * PART_BYTES}
    return {f"{number}-{n}": "" for n in range(PART_BYTES // 14)}


def waiting(relay: Attack) -> int:
    client = relay.client()
    return sum(int(client.hget(f"connection:shop-{number}", "events") or 0) for number in range(3))
