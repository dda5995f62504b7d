"""Attacks that would stop ingest for others: heads, connections, bodies, many tiny events, an operator's page."""

import gzip
import os
import socket
import time
from contextlib import suppress

import pytest
from support.attack import SHORT, Start
from support.events import as_json, batch, purchase
from support.flood import connect, flood, head, until

SECONDS = 5 if SHORT else 20
MIB = 1 << 20
HALF = b"POST /v2/events HTTP/1.1\r\nhost: relay\r\n"
ZEROS = b'{"events":[' + b",".join([b"0"] * 100) + b"]}"
TINY = {
    "1,000 batches of 100 zeros": b"[" + b",".join([ZEROS] * 1000) + b"]",
    "40,000 zeros, as many as may be": b"[" + b",".join([ZEROS] * 400) + b"]",
    "99,000 tiny events beside 640 KB": b'[{"user_attributes":{"x":"'
    + os.urandom(320_000).hex().encode()
    + b'"},"events":['
    + b",".join([b"{}"] * 99_000)
    + b"]}]",
    "a million zeros": b"[" + b",".join([b"0"] * 1_000_000) + b"]",
    "brackets": b"[" * 2_000_000,
    "the largest that is taken": b"["
    + b",".join([as_json(batch(*[purchase(n) for n in range(50)])) for _ in range(100)])[: 4 * MIB - 60_000].rpartition(
        b',{"events"'
    )[0]
    + b"]",
}


def test_headers_without_end(attacked: Start) -> None:
    """A hundred connections each send headers for as long as they may."""
    with attacked() as relay:
        sent = 0
        for _ in until(SECONDS):
            connections = [connect(relay.url) for _ in range(100)]
            for connection in connections:
                with connection, suppress(OSError):
                    for _ in range(40):
                        sent += connection.send(b"GET / HTTP/1.1\r\n" + b"x: " + b"a" * 65_536)
        relay.figure("MiB of headers sent", sent >> 20)


@pytest.mark.parametrize(
    "begin", [b"", b"P", b"POST /v2/events HTTP/1.1\r\nhost: relay\r\n"], ids=["idle", "a byte", "half"]
)
def test_connections_that_say_nothing(attacked: Start, begin: bytes) -> None:
    """More than twice as many as ingest holds, opened again and again."""
    with attacked() as relay:
        held: list[socket.socket] = []
        opened = 0
        for _ in until(SECONDS):
            while len(held) < 2200:
                peer = connect(relay.url)
                peer.sendall(begin)
                held.append(peer)
                opened += 1
            for peer in held[:200]:
                peer.close()
            del held[:200]
        relay.figure("connections opened", opened)
        relay.figure("held by the attacker", len(held))
        for peer in held:
            peer.close()


def test_bodies_that_lack_their_last_byte(attacked: Start) -> None:
    """A known key, 4 MiB each: what they hold in memory is bounded, and the oldest gives way."""
    with attacked() as relay:
        held: list[socket.socket] = []
        for _ in until(SECONDS):
            peer = connect(relay.url)
            try:
                peer.sendall(head(content_length=4 * MIB) + b"\r\n" + b" " * (4 * MIB - 1))
            except OSError:
                peer.close()
            else:
                held.append(peer)
            if len(held) >= 150:
                held.pop(0).close()
        relay.figure("MiB sent and held", len(held) * 4)
        for peer in held:
            peer.close()


@pytest.mark.parametrize("name", TINY)
def test_requests_that_are_small_in_bytes_or_in_events_only(attacked: Start, name: str) -> None:
    """Posted by eight senders at once, with a known key."""
    with attacked(maxmemory="512mb") as relay:
        with flood(relay.url, TINY[name]) as answers:
            time.sleep(SECONDS)
        relay.figure("answers", dict(answers))
    assert set(answers) <= {"202", "400", "413", "429", "503"}, answers


@pytest.mark.parametrize("name", ["1,000 batches of 100 zeros", "a million zeros"])
def test_the_same_compressed(attacked: Start, name: str) -> None:
    """A few KiB on the wire."""
    body = gzip.compress(TINY[name])
    with attacked(maxmemory="512mb") as relay:
        with flood(relay.url, body, headers={"content-encoding": "gzip"}, count=16) as answers:
            time.sleep(SECONDS)
        relay.figure("bytes on the wire", len(body))
        relay.figure("answers", dict(answers))
    assert set(answers) <= {"400", "413", "503"}, answers


def test_requests_sent_ahead(attacked: Start) -> None:
    """Thousands on one connection, none of whose answers is read."""
    with attacked() as relay:
        sent = 0
        live = b"GET /health/live HTTP/1.1\r\nhost: relay\r\n\r\n" * 5_000
        for _ in until(SECONDS):
            with connect(relay.url, timeout=1) as peer:
                try:
                    while True:
                        sent += peer.send(live)
                except OSError:
                    pass
        relay.figure("requests sent ahead", sent // (len(live) // 5_000))
