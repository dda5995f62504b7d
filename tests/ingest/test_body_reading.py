"""Reading bodies: in parts, cut off, slow, or longer than the limit."""

import asyncio
import gzip
import os
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import pytest
from support.events import as_json, batch, purchase
from support.site import Site

from ingest.answers import REQUEST_TIMEOUT, TOO_LARGE, RequestRefused
from ingest.http import body
from ingest.http.body import ClientGone, Message, Receive, read_body
from ingest.http.large_requests import BodyBudget
from mapping.incoming.body import BodyTooLarge, checked_text, gunzip

ONE = as_json(batch(purchase(1)))
HEAD = b"POST /v2/events HTTP/1.1\r\nHost: relay\r\nAuthorization: Basic d2ViLWtleTp3ZWItc2VjcmV0\r\n"


def part(content: bytes, more: bool = False) -> Message:
    """Return an ASGI message with a part of a body."""
    return {"type": "http.request", "body": content, "more_body": more}


def receiving(messages: Iterable[Message]) -> Receive:
    """Return the `receive` of a client that sends these messages and then nothing."""
    coming = iter(messages)

    async def receive() -> Message:
        for message in coming:
            return message
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    return receive


def read(messages: Iterable[Message], announced: bytes = b"", limit: int = 10) -> bytes:
    """Return what read_body returns for them."""
    return asyncio.run(read_body(receiving(messages), announced, limit, BodyBudget()))


def test_parts_are_joined() -> None:
    """Parts are joined in order, up to exactly the limit."""
    assert read([part(b"01234", more=True), part(b"", more=True), part(b"56789")]) == b"0123456789"


def test_a_body_announced_too_long_is_not_read() -> None:
    """The refusal comes before the first byte is read."""
    with pytest.raises(RequestRefused) as refused:
        read([], announced=b"11")
    assert refused.value.kind == TOO_LARGE


@pytest.mark.parametrize("messages", [[part(b"0" * 11)], [part(b"0" * 6, more=True), part(b"0" * 5, more=True)]])
def test_a_body_that_becomes_too_long_is_not_read_to_its_end(messages: list[Message]) -> None:
    """The refusal comes as soon as the length is known, before the rest arrives."""
    with pytest.raises(RequestRefused) as refused:
        read(messages)
    assert refused.value.kind == TOO_LARGE


@pytest.mark.parametrize("before", [[], [part(b"0", more=True)]])
def test_a_client_that_leaves(before: list[Message]) -> None:
    """No answer can be sent."""
    with pytest.raises(ClientGone):
        read([*before, {"type": "http.disconnect"}])


def test_a_slow_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets 408 when the body does not arrive in time."""
    monkeypatch.setattr(body, "READ_TIMEOUT_S", 0.01)
    with pytest.raises(RequestRefused) as refused:
        read([part(b"0", more=True)])
    assert refused.value.kind == REQUEST_TIMEOUT


def test_a_gzip_bomb_is_not_decompressed_whole() -> None:
    """Of 64 MiB compressed to 64 kB, little more than the limit is decompressed."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    with pytest.raises(BodyTooLarge):
        gunzip(bomb, 1024)


def test_gzip_of_any_size_comes_back_whole() -> None:
    """Up to exactly the limit."""
    for size in (0, 1, 1023, 1024):
        content = os.urandom(size)
        assert gunzip(gzip.compress(content), 1024) == content


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (rb'"\ud83d\ude00"', rb'"\ud83d\ude00"'),
        (rb'"\ud83d"', rb'"\ufffd"'),
        (rb'"\ude00\uD83D"', rb'"\ufffd\ufffd"'),
        (rb'"\ud83d\ud83d\ude00"', rb'"\ufffd\ud83d\ude00"'),
        (rb'"\\ud83d"', rb'"\\ud83d"'),
        (rb'"\\\ud83d"', rb'"\\\ufffd"'),
        (rb'"\n\u00e9\uD7FF"', rb'"\n\u00e9\uD7FF"'),
        (b'"plain"', b'"plain"'),
    ],
    ids=repr,
)
def test_halves_of_surrogate_pairs(text: bytes, mended: bytes) -> None:
    """Lone halves are replaced, and nothing else changes."""
    assert checked_text(text) == mended


def test_half_a_body_leaves_no_trace(site: Site) -> None:
    """A request of a client that disconnects has no effect."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n" + ONE)
    assert site.post(ONE).status_code == 202
    assert site.counts("shop") == {"accepted": 1}


def test_a_client_that_waits_for_100_continue_gets_the_refusal_first(site: Site) -> None:
    """A client need not send a body that would be refused."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(HEAD + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")
