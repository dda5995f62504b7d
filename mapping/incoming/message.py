"""Decode the body of a message to the batches in it.

A body is JSON, optionally gzip, optionally base64: one batch, an array of batches, one batch a line, or one of the
envelopes that queues and streams put around it. Envelopes may be around each other.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from mapping.incoming.batch import NotABatch
from mapping.incoming.body import (
    BYTE_ORDER_MARK,
    LARGEST_BATCH,
    BadBody,
    JsonBytes,
    checked_text,
    elements_of,
    gunzip_within,
    is_compressed,
    lines_of,
    too_large,
)
from mapping.incoming.invalid_batch import Unusable, split_element
from mapping.incoming.wrong_shapes import MARKS

TOGETHER: Final = 4
"""How many times as many bytes all bodies of a message may have, after decompression, as one of them may."""
MOST_BATCHES: Final = 40_000
"""The most batches of an array or of lines, and the most records of an envelope, in one message."""
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

    records: list[msgspec.Raw] | None = None
    Records: list[msgspec.Raw] | None = None
    Type: str | None = None
    Message: str | None = None
    detail: msgspec.Raw = msgspec.Raw()
    message: _PubSub | None = None


_Batch = msgspec.defstruct(
    "_Batch", [(name, msgspec.Raw | msgspec.UnsetType, msgspec.UNSET) for name in MARKS], gc=False
)
_EMPTY: Final = _Batch()
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_batch: Callable[[JsonBytes], Any] = msgspec.json.Decoder(_Batch).decode
_decode_envelope = msgspec.json.Decoder(_Envelope).decode
_decode_record = msgspec.json.Decoder(_Record).decode


def decode(body: bytes, limit: int) -> list[JsonBytes]:
    """Return the elements of a message: batches, and whatever stands where a batch must be, as Unusable or unchanged.

    There is at least one element. `limit` is the most bytes of a body after decompression.
    """
    try:
        return [_checked(element) for element in _Bodies(limit).elements(body, MOST_ENVELOPES)]
    except BadBody as bad:
        return [unusable(str(bad), body)]


def decode_records(records: Sequence[msgspec.Raw], limit: int) -> list[JsonBytes]:
    """Return the elements of the records of a request of Firehose's, as `decode` does. Raise BadBody."""
    _check_number(records, MOST_BATCHES)
    return [_checked(element) for element in _Bodies(limit).within(map(_content, records), MOST_ENVELOPES - 1)]


def unusable(why: str, body: JsonBytes) -> Unusable:
    """Return an element for a dead letter, with as much of the body as a dead letter may have."""
    content = bytes(body)
    if len(content) <= LARGEST_KEPT:
        return Unusable.because(why, content)
    kept = f"The first {LARGEST_KEPT} of its {len(content)} bytes are kept."
    return Unusable.because(f"{why} {kept}", content[:LARGEST_KEPT])


class _Bodies:
    """The bodies of one message, of which each has at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit, self._left = limit, TOGETHER * limit
        self._batches_left = MOST_BATCHES

    def elements(self, body: bytes, envelopes: int) -> Sequence[JsonBytes]:
        """Return the elements of a body with at most this many envelopes around them. Raise BadBody."""
        if is_compressed(body):
            body = self._gunzipped(body)
        if len(body) > self._limit:
            raise too_large(self._limit)
        body = body.removeprefix(BYTE_ORDER_MARK)
        first = body.lstrip()[:1]
        if first == b"[" or not first:
            return self._several(body)
        if first != b"{":
            return self._elements_of_base64(body, envelopes)
        if envelopes and not _is_batch(body):
            inner = _contents(body)
            if inner is not None:
                _check_number(inner, MOST_BATCHES)
                return list(self.within(inner, envelopes - 1))
        lines = lines_of(body) if b"\n" in body else None
        return [checked_text(body)] if lines is None else self._several(body)

    def _several(self, body: bytes) -> Sequence[JsonBytes]:
        """Return the elements of an array or of lines, within the number that the message may have."""
        elements = elements_of(body)
        _check_number(elements, self._batches_left)
        self._batches_left -= len(elements)
        return elements

    def within(self, bodies: Iterable[bytes], envelopes: int) -> Iterator[JsonBytes]:
        """Yield the elements of the bodies in an envelope; a bad one costs only itself."""
        for body in bodies:
            try:
                yield from [body] if type(body) is Unusable else self.elements(body, envelopes)
            except BadBody as bad:
                yield unusable(str(bad), body)

    def _gunzipped(self, body: bytes) -> bytes:
        most = min(self._limit, self._left)
        try:
            plain = gunzip_within(body, most)
        except BadBody:
            raise BadBody("The message begins as gzip does and is damaged.") from None
        if plain is None and most < self._limit:
            raise BadBody(f"The bodies of the message have more than {TOGETHER * self._limit} bytes together.")
        if plain is None:
            raise too_large(self._limit)
        self._left -= len(plain)
        return plain

    def _elements_of_base64(self, body: bytes, envelopes: int) -> Sequence[JsonBytes]:
        """Return the elements of a body in base64, as queues of text need it for gzip; else the body as one element."""
        try:
            plain = base64.b64decode(body.strip(), validate=True)
        except (binascii.Error, ValueError):
            plain = b""
        if is_compressed(plain) or plain.lstrip()[:1] in (b"{", b"["):
            return self.elements(plain, envelopes)
        return self._several(body) if b"\n" in body else [checked_text(body)]


def _check_number(parts: Sequence[object], most: int) -> None:
    if len(parts) > most:
        raise BadBody(f"The message has more than {MOST_BATCHES} batches, lines or records.")


def _is_batch(element: JsonBytes) -> bool:
    """Return whether a JSON object has a member that batches have; True for what is no JSON object."""
    try:
        return bool(_decode_batch(element) != _EMPTY)
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
        return [_content(record) for record in records] if any(map(_record, records)) else None
    except (*_UNREADABLE, ValueError):
        return None


def _content(raw: msgspec.Raw) -> bytes:
    """Return the body in a record; the record itself as Unusable where it has none."""
    record = _record(raw)
    if record is None:
        return unusable("The record has no `data` in base64, and no `body`.", raw)
    data = record.kinesis.data if record.kinesis else record.data
    if data is None:
        return (record.body or "").encode()
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        return unusable("The record's `data` is not base64.", raw)


def _record(raw: msgspec.Raw) -> _Record | None:
    """Return a record of an envelope; None for what is none."""
    try:
        record = _decode_record(raw)
    except _UNREADABLE:
        return None
    data = record.kinesis.data if record.kinesis else record.data
    return None if data is None and record.body is None else record


def _checked(element: JsonBytes) -> JsonBytes:
    """Return the element; as Unusable, which says why, where it is no batch."""
    if type(element) is Unusable:
        return element
    size = memoryview(element).nbytes
    if size > LARGEST_BATCH:
        return unusable(f"The batch has {size} bytes, at most {LARGEST_BATCH} are taken.", element)
    try:
        events = _decode_batch(element).events
        if events is not msgspec.UNSET and bytes(events)[:1] in (b"[", b"n"):
            return element
    except _UNREADABLE:
        pass  # what follows says why, or finds that it can be read otherwise
    try:
        split_element(element)
    except NotABatch as error:
        return unusable(str(error), element)
    return element
