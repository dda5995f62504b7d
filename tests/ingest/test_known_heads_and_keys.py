"""A connection remembers a request's head, and compares its key each time."""

import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from support.raw_requests import KEY, ONE, request
from support.site import Site

KNOWN = request(ONE)


def status_of(client: socket.socket, data: bytes) -> int:
    """Send one request on the connection; return the status of its answer."""
    client.sendall(data)
    return int(client.recv(65536).split(b" ")[1])


@pytest.fixture
def client(own_site: Site) -> Iterator[socket.socket]:
    """Give a connection whose head is known: two requests with it were accepted."""
    address = urlsplit(own_site.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        assert [status_of(client, KNOWN) for _ in range(2)] == [202, 202]
        yield client


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("web-secret", "web-secreT"), id="secret changed"),
        pytest.param(lambda text: text.replace("web-key", "web-keY"), id="key changed"),
        pytest.param(
            lambda text: text.replace(
                "  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}\n", ""
            ).replace("inputs: [web]", "inputs: [lonely]"),
            id="input removed",
        ),
    ],
)
def test_a_key_that_is_right_no_longer_is_refused_on_a_kept_connection(
    change: Callable[[str], str], client: socket.socket, own_site: Site
) -> None:
    """As soon as the configuration is in force; nothing of the connection keeps the key alive."""
    text = own_site.configuration.read_text()
    assert change(text) != text
    own_site.configuration.write_text(change(text))
    until = time.monotonic() + 60
    while (status := status_of(client, KNOWN)) == 202 and time.monotonic() < until:
        time.sleep(0.05)
    assert status == 403
    assert status_of(client, KNOWN) == 403


def test_another_key_of_the_same_length_is_compared(client: socket.socket) -> None:
    """Whichever byte differs, before and after it was right."""
    start = KNOWN.index(b"Basic ") + len(b"Basic ")
    end = KNOWN.index(b"\r\n", start)
    for at in range(start, end):
        other = KNOWN[:at] + (b"A" if KNOWN[at : at + 1] != b"A" else b"B") + KNOWN[at + 1 :]
        assert status_of(client, other) in (401, 403)
    assert status_of(client, KNOWN) == 202


def test_a_key_left_out_is_not_that_of_the_request_before(client: socket.socket) -> None:
    """Nor is it after that."""
    assert [status_of(client, request(ONE, b"")) for _ in range(2)] == [401, 401]
    assert status_of(client, request(ONE, KEY)) == 202
