"""What TikTok said, or how it failed to say anything: read here, judged in `verdict`."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Literal

import msgspec

from delivery.remedies import Remedy

MAX_ANSWER_BYTES = 1 << 20
"""1,000 refused events with a sentence each stay well below; more is not an answer."""
MOST_MESSAGE_CHARACTERS = 2000
"""Characters that are kept of a sentence of TikTok's, which may echo whole events."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
UNREADABLE = -1
"""The index of a refused event that TikTok named in a form nobody can read; never in range."""


@dataclass(frozen=True, slots=True)
class FailedEvent:
    """One event that a partial success refused."""

    index: int
    """Its place in the request, from 0; `UNREADABLE` when it was no whole number."""
    error: str = field(repr=False)
    """TikTok's own words, which may quote personal data."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer. `code` is None when the body is not TikTok's JSON."""

    status: int
    code: int | None = None
    message: str = field(default="", repr=False)
    request_id: str | None = None
    failed_events: tuple[FailedEvent, ...] | None = field(default=None, repr=False)
    retry_after: str | None = None
    """The `Retry-After` header as it came."""
    answered_s: float = 0.0
    """Unix seconds when it was answered, by TikTok's own `Date` where it sent one: a date in `Retry-After` is then
    read against the clock that wrote it."""


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No complete HTTP answer came."""

    kind: Literal["connect", "timeout", "reset", "token", "other"]
    """`token`: nothing was tried, because the token holds characters that no header can carry."""
    sent: bool
    """Whether a byte of an event may have left. False is certain."""
    detail: str
    """For the log: what went wrong, free of anything that was sent or received."""
    remedy: Remedy | None = None
    """Why TikTok is out of reach, and who must do what; None where it was reached."""


class _Envelope(msgspec.Struct):
    code: int
    message: object = None
    request_id: object = None
    data: object = None


class _FailedEvent(msgspec.Struct):
    order_in_batch: int
    error: object = None


def read_answer(status: int, headers: Mapping[str, str], body: bytes, now_s: float) -> Answer:
    """The answer in `body`, as it came off the wire; `headers` find their names in any case."""
    retry_after = headers.get("retry-after")
    answered_s = http_date_s(headers.get("date", "")) or now_s
    envelope = _envelope(_plain(body, headers.get("content-encoding", "")))
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
    """The Unix seconds of an HTTP date; None when it is none."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _plain(body: bytes, encoding: str) -> bytes:
    """The body decoded, should a gateway compress unasked; never more than an answer's length, so no bomb unfolds."""
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
    """`data.failed_events`; None when there is no list, `UNREADABLE` in place of each entry that makes no sense."""
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
    """The first 2,000 characters of a text, or of any other value's JSON."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= MOST_MESSAGE_CHARACTERS else f"{text[:MOST_MESSAGE_CHARACTERS]}…"
