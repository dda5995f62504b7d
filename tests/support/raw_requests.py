"""Requests as bytes, sent on sockets: usual ones, and one of each kind that is not."""

import gzip
import re
import socket
from urllib.parse import urlsplit

from support.events import as_json, batch, purchase
from support.site import Site

from ingest.door import INLINE_BYTES

KEY = b"Authorization: Basic d2ViLWtleTp3ZWItc2VjcmV0\r\n"
ONE = as_json(batch(purchase(1)))
MANY = as_json([batch(purchase(2)), batch(purchase(3))])


def request(
    body: bytes, headers: bytes = KEY, path: bytes = b"/v2/events", method: bytes = b"POST", version: bytes = b"1.1"
) -> bytes:
    """Return a request as bytes."""
    head = b"%s %s HTTP/%s\r\nHost: relay\r\n%sContent-Length: %d\r\n\r\n" % (
        *(method, path, version, headers),
        len(body),
    )
    return head + body


REQUESTS = {
    "one batch": (request(ONE), 202),
    "an array": (request(MANY, path=b"/v2/bulkevents"), 202),
    "a doubled slash": (request(ONE, path=b"//v2/events/"), 202),
    "a query": (request(ONE, path=b"/v2/events?a=b"), 202),
    "close after it": (request(ONE, KEY + b"Connection: close\r\n"), 202),
    "HTTP/1.0": (request(ONE, version=b"1.0"), 202),
    "gzip": (request(gzip.compress(ONE), KEY + b"Content-Encoding: gzip\r\n"), 202),
    "gzip without its header": (request(gzip.compress(ONE)), 202),
    "larger than what the event loop sorts": (request(ONE + b" " * INLINE_BYTES), 202),
    "no body": (request(b""), 400),
    "no JSON": (request(b"{"), 400),
    "no batch": (request(b"1"), 400),
    "an array at the wrong path": (request(MANY), 400),
    "not UTF-8": (request(ONE[:-1] + b"\xff}"), 400),
    "no key": (request(ONE, b""), 401),
    "an unknown key": (request(ONE, b"Authorization: Basic d2ViLWtleTp4\r\n"), 403),
    "another path": (request(ONE, path=b"/v2/other"), 404),
    "another method": (request(ONE, method=b"PUT"), 405),
    "another encoding": (request(ONE, KEY + b"Content-Encoding: br\r\n"), 415),
}


def answers(site: Site, *parts: bytes, count: int = 1) -> bytes:
    """Send the parts one by one, and return `count` answers without their dates."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            client.sendall(part)
        received = b""
        while received.count(b"HTTP/1.1 ") < count or not _is_whole(received):
            data = client.recv(65536)
            if not data:
                break
            received += data
    return re.sub(rb"date: [^\r]+\r\n", b"", received)


def _is_whole(received: bytes) -> bool:
    head, ended, body = received.rpartition(b"HTTP/1.1 ")[2].partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return bool(ended) and length is not None and len(body) >= int(length[1])
