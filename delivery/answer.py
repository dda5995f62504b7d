"""Read TikTok's answer, or describe why there is none. What it means for the events is decided in `verdict`."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from delivery.remedies import Remedy

MAX_ANSWER_BYTES = 1 << 20
"""An answer that refuses 1,000 events with a sentence each is smaller. A longer body is not an answer of TikTok's."""
MOST_MESSAGE_CHARACTERS = 2000
"""Characters kept of a message of TikTok's, which may quote whole events."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
UNREADABLE = -1
"""The index of a refused event whose place TikTok gave in no readable form; never in range."""


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """One event that a partial success refused."""

    index: int
    """Its place in the request, from 0; `UNREADABLE` when the place was not a whole number."""
    error: str = field(repr=False)
    """TikTok's message, which may quote personal data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer. `code` is None when the body is not JSON of TikTok's form."""

    status: int
    code: int | None = None
    message: str = field(default="", repr=False)
    request_id: str | None = None
    failed_events: tuple[FailedEvent, ...] | None = field(default=None, repr=False)
    retry_after: str | None = None
    """The `Retry-After` header, unparsed."""
    answered_s: float = 0.0
    """Unix seconds of the answer: from the `Date` header where there is one, else from this machine's clock.

    A date in `Retry-After` is compared with it, and so with the clock that wrote that date.
    """


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """There was no complete HTTP answer."""

    kind: Literal["connect", "timeout", "reset", "token", "other"]
    """`token`: no request was made, because a header cannot carry the token's characters."""
    sent: bool
    """Whether TikTok may have received some byte of an event. False is certain."""
    detail: str
    """What went wrong, for the log; contains nothing that was sent or received."""
    remedy: Remedy | None = None
    """Why TikTok is out of reach, and who must do what; None where a connection was made."""


class _Envelope(msgspec.Struct):
    code: int
    message: object = None
    request_id: object = None
    data: object = None


class _FailedEvent(msgspec.Struct):
    order_in_batch: int
    error: object = None


def read_answer(status: int, headers: Mapping[str, str], body: bytes, now_s: float) -> Answer:
    """Return the answer in `body`, which may still be compressed. `headers` has its names in lower case."""
    retry_after = headers.get("retry-after")
    answered_s = http_date_s(headers.get("date", "")) or now_s
    envelope = _envelope(_decompressed(body, headers.get("content-encoding", "")))
    if envelope is None:
        return Answer(status, retry_after=retry_after, answered_s=answered_s)
    return Answer(
        status,
        code=envelope.code,
        message=_text(envelope.message),
        request_id=_text(envelope.request_id) or None,
        failed_events=_failed_events(envelope.data),
        retry_after=retry_after,
        answered_s=answered_s,
    )


def http_date_s(text: str) -> float | None:
    """Return an HTTP date as Unix seconds; None when `text` is not one."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _decompressed(body: bytes, encoding: str) -> bytes:
    """Return the body decompressed: a gateway may compress although relay does not accept it.

    The result is at most `MAX_ANSWER_BYTES` long, whatever the compressed body claims.
    """
    if encoding.strip().lower() in ("", "identity"):
        return body
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(body, MAX_ANSWER_BYTES)
    except zlib.error:
        return b""


def _envelope(body: bytes) -> _Envelope | None:
    try:
        return msgspec.json.decode(body, type=_Envelope, strict=False)
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None


def _failed_events(data: object) -> tuple[FailedEvent, ...] | None:
    """Return `data.failed_events`; None when it is not a list. An entry of another form gets index `UNREADABLE`."""
    entries = data.get("failed_events") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        return None
    return tuple(_failed_event(entry) for entry in entries)


def _failed_event(entry: object) -> FailedEvent:
    try:
        failed = msgspec.convert(entry, _FailedEvent)
    except msgspec.ValidationError:
        return FailedEvent(UNREADABLE, "")
    return FailedEvent(failed.order_in_batch, _text(failed.error))


def _text(value: object) -> str:
    """Return the first 2,000 characters of a text, or of another value's JSON; "" for None."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= MOST_MESSAGE_CHARACTERS else f"{text[:MOST_MESSAGE_CHARACTERS]}…"
