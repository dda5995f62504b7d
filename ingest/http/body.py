"""Read the body of a request within its limit; `mapping/incoming/body.py` then parses it."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Final

from ingest.answers import REQUEST_TIMEOUT, TOO_LARGE, UNSUPPORTED_ENCODING, RequestRefused
from ingest.http.large_requests import BodyBudget, too_many
from mapping.incoming.body import too_large

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

READ_TIMEOUT_S: Final = 60.0

_PLAIN: Final = (b"", b"identity")
_GZIPPED: Final = (b"gzip", b"x-gzip")


class ClientGone(Exception):
    """The client closed the connection before the whole body arrived, so no answer is sent."""


async def read_body(receive: Receive, content_length: bytes, limit: int, bodies: BodyBudget) -> bytes:
    """Return the body as it was sent. Raise RequestRefused with 413 as soon as it is known to exceed `limit` bytes.

    The server discards the rest of a refused body, so that the client reads the answer.
    """
    if content_length.isdigit() and int(content_length) > limit:
        raise RequestRefused(TOO_LARGE, str(too_large(limit)))
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= limit:
        return body
    try:
        async with asyncio.timeout(READ_TIMEOUT_S) as timeout:
            bodies.begin(timeout)
            return await _read_parts(receive, message, limit, partial(bodies.add, timeout))
    except TimeoutError:
        if not bodies.end(timeout):
            raise too_many() from None
        raise RequestRefused(REQUEST_TIMEOUT, f"The body did not come within {READ_TIMEOUT_S:.0f} seconds.") from None
    finally:
        bodies.end(timeout)


async def _read_parts(receive: Receive, message: Message, limit: int, count: Callable[[int], None]) -> bytes:
    parts = [message.get("body", b"")]
    size = len(parts[0])
    count(size)
    while size <= limit:
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        count(len(parts[-1]))
    raise RequestRefused(TOO_LARGE, str(too_large(limit)))


def is_gzip(content_encoding: bytes) -> bool:
    """Return whether a Content-Encoding is gzip. Raise RequestRefused with 415 for one that is not supported."""
    if not content_encoding:
        return False
    encoding = content_encoding.strip().lower()
    if encoding in _PLAIN:
        return False
    if encoding in _GZIPPED:
        return True
    raise RequestRefused(UNSUPPORTED_ENCODING, "Content-Encoding must be gzip, or absent.")
