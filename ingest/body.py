"""The body of a request: read within its limit, decompressed within the same limit, and surely UTF-8."""

import asyncio
import gzip
import io
import re
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from ingest.answers import BAD_REQUEST, REQUEST_TIMEOUT, TOO_LARGE, UNSUPPORTED_ENCODING, Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

READ_TIMEOUT_S: Final = 60.0

_PLAIN: Final = (b"", b"identity")
_GZIPPED: Final = (b"gzip", b"x-gzip")
_ESCAPES: Final = re.compile(
    rb"\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


class ClientGone(Exception):
    """The client closed the connection before all of the body had come; there is nobody to answer."""


async def read_body(receive: Receive, content_length: bytes, limit: int) -> bytes:
    """The body as it was sent; Refused with 413 as soon as it is known to be more than `limit` bytes.

    What is left of a body refused is read and forgotten by the server, so that the client hears the answer.
    """
    if content_length.isdigit() and int(content_length) > limit:
        raise too_large(limit)
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= limit:
        return body
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await _read_on(receive, message, limit)
    except TimeoutError:
        raise Refused(REQUEST_TIMEOUT, f"The body did not come within {READ_TIMEOUT_S:.0f} seconds.") from None


async def _read_on(receive: Receive, message: Message, limit: int) -> bytes:
    parts = [message.get("body", b"")]
    size = len(parts[0])
    while size <= limit:
        if not message.get("more_body", False):
            return b"".join(parts)
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGone
        parts.append(message.get("body", b""))
        size += len(parts[-1])
    raise too_large(limit)


def is_gzip(content_encoding: bytes) -> bool:
    """Whether a Content-Encoding says gzip; Refused with 415 when it says something that is not read here."""
    if not content_encoding:
        return False
    encoding = content_encoding.strip().lower()
    if encoding in _PLAIN:
        return False
    if encoding in _GZIPPED:
        return True
    raise Refused(UNSUPPORTED_ENCODING, "Content-Encoding must be gzip, or absent.")


def gunzip(body: bytes, limit: int) -> bytes:
    """What was compressed, never making more than `limit` bytes (and one) of it."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as members:
            plain = members.read(limit + 1)
    except EOFError:
        raise Refused(BAD_REQUEST, "The gzip body ends before its end.") from None
    except (OSError, zlib.error):
        raise Refused(BAD_REQUEST, "The body is not gzip, though Content-Encoding says so.") from None
    if len(plain) > limit:
        raise too_large(limit)
    return plain


def checked_text(body: bytes) -> bytes:
    """The body, surely UTF-8, with escapes of half a surrogate pair replaced by U+FFFD.

    JSON's grammar allows half pairs, and text cut in the middle of an emoji has them; our parser would refuse the
    whole body for one.
    """
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise Refused(BAD_REQUEST, f"The body is not UTF-8 (byte {error.start}).") from None
    if b"\\" in body and (b"\\ud" in body or b"\\uD" in body):
        return _ESCAPES.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], body)
    return body


def too_large(limit: int) -> Refused:
    """The refusal of a body over the limit."""
    return Refused(TOO_LARGE, f"The request has more than {limit} bytes (after decompression): send fewer batches.")
