"""The body of a request, read within its limit; `mapping/incoming/body.py` then reads what is in it."""

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
    """The client closed the connection before all of the body had come; there is nobody to answer."""


async def read_body(receive: Receive, content_length: bytes, limit: int, bodies: BodyBudget) -> bytes:
    """The body as it was sent; Refused with 413 as soon as it is known to be more than `limit` bytes.

    What is left of a body refused is read and forgotten by the server, so that the client hears the answer.
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
            return await _read_on(receive, message, limit, partial(bodies.add, timeout))
    except TimeoutError:
        if not bodies.end(timeout):
            raise too_many() from None
        raise RequestRefused(REQUEST_TIMEOUT, f"The body did not come within {READ_TIMEOUT_S:.0f} seconds.") from None
    finally:
        bodies.end(timeout)


async def _read_on(receive: Receive, message: Message, limit: int, count: Callable[[int], None]) -> bytes:
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
    """Whether a Content-Encoding says gzip; Refused with 415 when it says something that is not read here."""
    if not content_encoding:
        return False
    encoding = content_encoding.strip().lower()
    if encoding in _PLAIN:
        return False
    if encoding in _GZIPPED:
        return True
    raise RequestRefused(UNSUPPORTED_ENCODING, "Content-Encoding must be gzip, or absent.")
