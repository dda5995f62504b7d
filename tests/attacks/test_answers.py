"""Answers under load: 4 MiB for sixteen connections, and refusals that their senders must hear."""

from collections import Counter

import httpx
import pytest
from support.attack import SHORT, Start
from support.events import as_json, batch, purchase
from support.flood import KEY, connect, head

MIB = 1 << 20
SIXTEEN = "connections:\n" + "".join(
    f"  - {{id: c{n}, inputs: [web], access_token: good, event_source_id: C{n:019}, enable_web_migration: true}}\n"
    for n in range(16)
)
ROUNDS = 3 if SHORT else 10


def test_four_mib_for_sixteen_connections(attacked: Start) -> None:
    """Each request is taken: the connections share its chunks."""
    with attacked(connections=SIXTEEN, maxmemory="768mb") as relay:
        answers = Counter[int]()
        with httpx.Client(auth=KEY, trust_env=False, timeout=60) as http:
            for turn in range(ROUNDS):
                batches: list[bytes] = []
                while sum(map(len, batches)) < 4 * MIB - 100_000:
                    first = (turn * 200 + len(batches)) * 50
                    batches.append(as_json(batch(*[purchase(first + n) for n in range(50)])))
                body = b"[" + b",".join(batches) + b"]"
                answers[http.post(relay.url + "/v2/bulkevents", content=body).status_code] += 1
        relay.figure("answers", dict(answers))
        assert set(answers) == {202}


@pytest.mark.parametrize("closing", [False, True], ids=["keep-alive", "close"])
def test_senders_get_the_refusal(attacked: Start, closing: bool) -> None:
    """By clients that send all of their request before they read: none is lost in a reset."""
    with attacked() as relay:
        heard = Counter[str]()
        cases = {
            "401": b"POST /v2/events HTTP/1.1\r\nhost: relay\r\ncontent-length: %d\r\n" % (8 * MIB),
            "413": head(content_length=8 * MIB),
            "404": head("/v1/none", content_length=8 * MIB),
            "415": head(content_length=8 * MIB, content_encoding="br"),
        }
        for _ in range(5 * ROUNDS):
            for status, begin in cases.items():
                with connect(relay.url) as peer:
                    peer.sendall(begin + (b"connection: close\r\n" if closing else b"") + b"\r\n")
                    try:
                        peer.sendall(b"x" * (8 * MIB))
                        output = peer.recv(1 << 16).split(b" ")[1].decode()
                    except OSError as error:
                        output = type(error).__name__
                    heard[f"{status}: {output}"] += 1
        relay.figure("heard", dict(heard))
        assert set(heard) == {"401: 401", "413: 413", "404: 404", "415: 415"}
