"""Bodies that do not simply come: cut off, slow, or announced to be longer than they may be."""

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
    """An ASGI message with a part of a body."""
    return {"type": "http.request", "body": content, "more_body": more}


def receiving(messages: Iterable[Message]) -> Receive:
    """A client that sends these, then nothing more."""
    coming = iter(messages)

    async def receive() -> Message:
        for message in coming:
            return message
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    return receive


def read(messages: Iterable[Message], announced: bytes = b"", limit: int = 10) -> bytes:
    """What read_body makes of them."""
    return asyncio.run(read_body(receiving(messages), announced, limit, BodyBudget()))


def test_parts_are_joined() -> None:
    """In their order, up to the limit exactly."""
    assert read([part(b"01234", more=True), part(b"", more=True), part(b"56789")]) == b"0123456789"


def test_what_is_announced_too_long_is_not_read() -> None:
    """The refusal comes before the first byte is asked for."""
    with pytest.raises(RequestRefused) as refused:
        read([], announced=b"11")
    assert refused.value.kind == TOO_LARGE


@pytest.mark.parametrize("messages", [[part(b"0" * 11)], [part(b"0" * 6, more=True), part(b"0" * 5, more=True)]])
def test_what_turns_out_too_long_is_not_read_to_its_end(messages: list[Message]) -> None:
    """The refusal comes as soon as it is known, with the rest still to come."""
    with pytest.raises(RequestRefused) as refused:
        read(messages)
    assert refused.value.kind == TOO_LARGE


@pytest.mark.parametrize("before", [[], [part(b"0", more=True)]])
def test_a_client_that_leaves(before: list[Message]) -> None:
    """There is nobody to answer."""
    with pytest.raises(ClientGone):
        read([*before, {"type": "http.disconnect"}])


def test_a_client_that_dawdles(monkeypatch: pytest.MonkeyPatch) -> None:
    """408 when the body has not come in time."""
    monkeypatch.setattr(body, "READ_TIMEOUT_S", 0.01)
    with pytest.raises(RequestRefused) as refused:
        read([part(b"0", more=True)])
    assert refused.value.kind == REQUEST_TIMEOUT


def test_a_bomb_is_not_made_to_go_off() -> None:
    """Of 64 MiB that come as 64 kB, no more is made than the limit and a little."""
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    with pytest.raises(BodyTooLarge):
        gunzip(bomb, 1024)


def test_gzip_of_any_size_comes_back_whole() -> None:
    """Up to the limit exactly."""
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
    """Replaced where they stand alone, and nothing else is touched."""
    assert checked_text(text) == mended


def test_half_a_body_leaves_no_trace(site: Site) -> None:
    """The client that went away sent nothing, whatever its first half said."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n" + ONE)
    assert site.post(ONE).status_code == 202
    assert site.books("shop") == {"accepted": 1}


def test_a_client_that_waits_for_100_continue_is_told_no_first(site: Site) -> None:
    """It need not send a body that would be refused."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(HEAD + b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")
