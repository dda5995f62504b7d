"""Batches as people keep them: one batch, an array of batches, or ndjson; each stays the bytes it was written in."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from operations.errors import BadNews

_decode_any = msgspec.json.Decoder(msgspec.Raw).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class BatchFile(NamedTuple):
    """`batches` in their order; `is_array` when the file holds an array, or several, and so is for /v2/bulkevents."""

    name: str
    batches: tuple[bytes, ...]
    is_array: bool

    @property
    def body(self) -> bytes:
        """What a client would post of it."""
        return b"[" + b",".join(self.batches) + b"]" if self.is_array else self.batches[0]


def parse_batches(content: bytes, name: str) -> BatchFile:
    """The batches in `content`; BadNews when they are not JSON. Whether each is a batch is for the mapping to say."""
    text = content.strip()
    if not text:
        raise BadNews(f"{name} is empty: it must hold a batch, an array of batches, or one batch a line")
    try:
        _decode_any(text)
    except _UNREADABLE as error:
        return _lines(text, name, error)
    if text[:1] != b"[":
        return BatchFile(name, (text,), is_array=False)
    batches = tuple(bytes(batch) for batch in _decode_list(text))
    if not batches:
        raise BadNews(f"{name} holds an array without any batch")
    return BatchFile(name, batches, is_array=True)


def without_events(batches: Sequence[bytes]) -> list[str]:
    """A sentence for each object that has no `events`: it may be a batch all the same, or something around one."""
    return [
        f"batch {number} has no `events`; it has {', '.join(members) or 'no members'}"
        for number, members in enumerate(map(_members, batches), start=1)
        if members is not None and "events" not in members
    ]


def _members(batch: bytes) -> list[str] | None:
    try:
        return list(_decode_object(batch))
    except _UNREADABLE:
        return None


def _lines(text: bytes, name: str, as_one: Exception) -> BatchFile:
    """ndjson; where not even the first line is JSON by itself, the file was meant as one value and that is told."""
    batches: list[bytes] = []
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            _decode_any(line)
        except _UNREADABLE as error:
            if not batches:
                raise BadNews(f"{name} is not JSON: {_reason(as_one)}") from None
            raise BadNews(f"{name}:{number}: this line is not JSON: {_reason(error)}") from None
        batches.append(line.strip())
    return BatchFile(name, tuple(batches), is_array=True)


def _reason(error: Exception) -> str:
    match error:
        case RecursionError():
            return "it is nested too deeply"
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case _:
            return str(error)
