"""Batches as people keep them: one batch, an array of batches, or ndjson, perhaps compressed; read as ingest reads."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from mapping.incoming.body import (
    BadBody,
    BodyTooLarge,
    JsonBytes,
    checked_text,
    elements_of,
    gunzip,
    is_compressed,
    lines_of,
    many_batches,
    one_batch,
    replace_lone_surrogates,
    too_large,
)
from operations.errors import OperatorError

MOST_BYTES: Final = 256 * 1024 * 1024
"""What a compressed file may come to."""

_decode_any = msgspec.json.Decoder(msgspec.Raw).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class BatchFile(NamedTuple):
    """`batches` in their order; `is_array` when the file holds an array, or several, and so is for /v2/bulkevents."""

    name: str
    batches: tuple[bytes, ...]
    is_array: bool
    body: bytes
    """What a client would post of it."""


def parse_batches(content: bytes, name: str) -> BatchFile:
    """Return the batches in `content`; OperatorError when ingest could not read it.

    Whether each is a batch is for the mapping to say. A file may hold more than one request takes.
    """
    try:
        body = gunzip(content, MOST_BYTES) if is_compressed(content) else content
        text = replace_lone_surrogates(body)
        if not text.strip():
            raise OperatorError(f"{name} is empty: it must hold a batch, an array of batches, or one batch a line")
        if text.lstrip()[:1] == b"[" or lines_of(text) is not None:
            elements = elements_of(body)
            return BatchFile(name, tuple(map(_own, elements)), is_array=True, body=body)
        batch = checked_text(body).strip()
        _decode_any(batch)
        return BatchFile(name, (batch,), is_array=False, body=body)
    except (msgspec.DecodeError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise OperatorError(f"{name} is not JSON: {reason}") from None
    except BadBody as error:
        raise OperatorError(f"{name}: {error}") from None


def _own(element: JsonBytes) -> bytes:
    """Return the element as bytes of its own; NotUtf8 stays what it is."""
    return bytes(element) if isinstance(element, msgspec.Raw) else element


def too_much(files: Iterable[BatchFile], most_bytes: int) -> Iterator[str]:
    """Yield a sentence for each file that ingest would refuse for its size (413)."""
    for file in files:
        try:
            if len(file.body) > most_bytes:
                raise too_large(most_bytes)
            (many_batches if file.is_array else one_batch)(file.body)
        except BodyTooLarge as error:
            yield f"{file.name}: ingest would answer 413: {error}"


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
