"""Decode the body of a message to the batches in it.

A body is JSON, optionally gzip, optionally base64: one batch, an array of batches, one batch a line, or one of the
envelopes that queues and streams put around it. Envelopes may be around each other.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from mapping.incoming.batch import NotABatch
from mapping.incoming.body import (
    LARGEST_BATCH,
    BadBody,
    JsonBytes,
    checked_text,
    elements_of,
    gunzip,
    is_compressed,
    lines_of,
    too_large,
)
from mapping.incoming.invalid_batch import Unusable, split_element

MOST_ENVELOPES: Final = 3
"""Envelopes around each other; a deeper one is taken for a batch, which it is not."""
LARGEST_KEPT: Final = LARGEST_BATCH
"""The most bytes that a dead letter has of what is too large to be stored."""


class _Record(msgspec.Struct):
    data: str | None = None
    kinesis: "_Record | None" = None
    body: str | None = None


class _PubSub(msgspec.Struct):
    data: str


class _Envelope(msgspec.Struct):
    """Firehose over HTTP; Kinesis or SQS through a Lambda function; SNS; EventBridge; a push of Pub/Sub."""

    records: list[_Record] | None = None
    Records: list[_Record] | None = None
    Type: str | None = None
    Message: str | None = None
    detail: msgspec.Raw = msgspec.Raw()
    message: _PubSub | None = None


_Member = msgspec.Raw | msgspec.UnsetType


class _Batch(msgspec.Struct, gc=False):
    """The members of which a batch has one at least; most have `events`, if only an empty array."""

    events: _Member = msgspec.UNSET
    mpid: _Member = msgspec.UNSET
    user_identities: _Member = msgspec.UNSET
    user_attributes: _Member = msgspec.UNSET
    environment: _Member = msgspec.UNSET


_EMPTY: Final = _Batch()
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_NO_EVENTS: Final = "The message is JSON, but it has no `events`, and is no envelope that relay knows."


def decode(body: bytes, limit: int) -> list[JsonBytes]:
    """Return the elements of a message: batches, and whatever stands where a batch must be, as Unusable or unchanged.

    There is at least one element. `limit` is the most bytes of a body after decompression.
    """
    try:
        return [_checked(element) for element in _elements(body, limit, MOST_ENVELOPES)]
    except BadBody as bad:
        return [unusable(str(bad), body)]


def unusable(why: str, body: JsonBytes) -> Unusable:
    """Return an element for a dead letter, with as much of the body as a dead letter may have."""
    content = bytes(body)
    if len(content) <= LARGEST_KEPT:
        return Unusable.because(why, content)
    kept = f"The first {LARGEST_KEPT} of its {len(content)} bytes are kept."
    return Unusable.because(f"{why} {kept}", content[:LARGEST_KEPT])


def _elements(body: bytes, limit: int, envelopes: int) -> Sequence[JsonBytes]:
    if is_compressed(body):
        body = _gunzipped(body, limit)
    if len(body) > limit:
        raise too_large(limit)
    first = body.lstrip()[:1]
    if first == b"[" or not first:
        return elements_of(body)
    if first != b"{":
        return _elements_of_base64(body, limit, envelopes)
    if envelopes and not _is_batch(body):
        inner = _contents(body)
        if inner is not None:
            return list(_elements_within(inner, limit, envelopes - 1))
    lines = lines_of(body) if b"\n" in body else None
    return [checked_text(body)] if lines is None else elements_of(body)


def _gunzipped(body: bytes, limit: int) -> bytes:
    try:
        return gunzip(body, limit)
    except BadBody as bad:
        if type(bad) is not BadBody:
            raise
        raise BadBody("The message begins as gzip does and is damaged.") from None


def _elements_of_base64(body: bytes, limit: int, envelopes: int) -> Sequence[JsonBytes]:
    """Return the elements of a body in base64, as queues of text need it for gzip; else the body as one element."""
    try:
        plain = base64.b64decode(body.strip(), validate=True)
    except (binascii.Error, ValueError):
        plain = b""
    if is_compressed(plain) or plain.lstrip()[:1] in (b"{", b"["):
        return _elements(plain, limit, envelopes)
    return elements_of(body) if b"\n" in body else [checked_text(body)]


def _is_batch(element: JsonBytes) -> bool:
    """Return whether a JSON object has a member that batches have; True for what is no JSON object."""
    try:
        return _decode_batch(element) != _EMPTY
    except _UNREADABLE:
        return True


def _contents(body: bytes) -> list[bytes] | None:
    """Return the bodies in an envelope; None where it is none."""
    try:
        envelope = _decode_envelope(body)
        if envelope.message is not None:
            return [base64.b64decode(envelope.message.data, validate=True)]
        if envelope.Type == "Notification" and envelope.Message is not None:
            return [envelope.Message.encode()]
        if bytes(envelope.detail)[:1] == b"{":
            return [bytes(envelope.detail)]
        records = envelope.records or envelope.Records or ()
        return [_content_of(record) for record in records] or None
    except (*_UNREADABLE, ValueError):
        return None


def _content_of(record: _Record) -> bytes:
    """Return the body in a record. Raise ValueError for one without any."""
    data = record.kinesis.data if record.kinesis else record.data
    if data is not None:
        return base64.b64decode(data, validate=True)
    if record.body is None:
        raise ValueError
    return record.body.encode()


def _elements_within(bodies: Iterable[bytes], limit: int, envelopes: int) -> Iterator[JsonBytes]:
    for body in bodies:
        try:
            yield from _elements(body, limit, envelopes)
        except BadBody as bad:
            yield unusable(str(bad), body)


def _checked(element: JsonBytes) -> JsonBytes:
    """Return the element; as Unusable, which says why, where it is no batch."""
    if type(element) is Unusable:
        return element
    size = memoryview(element).nbytes
    if size > LARGEST_BATCH:
        return unusable(f"The batch has {size} bytes, at most {LARGEST_BATCH} are taken.", element)
    try:
        batch = _decode_batch(element)
        if batch == _EMPTY:
            return unusable(_NO_EVENTS, element)
        if batch.events is msgspec.UNSET or bytes(batch.events)[:1] in (b"[", b"n"):
            return element
    except _UNREADABLE:
        pass  # what follows says why, or finds that it can be read otherwise
    try:
        split_element(element)
    except NotABatch as error:
        return unusable(str(error), element)
    return element
