"""Read batches from a file as ingest would: one batch, an array, or one batch a line; compressed or not."""

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
"""The largest size of a file after decompression."""

_decode_any = msgspec.json.Decoder(msgspec.Raw).decode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class BatchFile(NamedTuple):
    """The batches of a file, in order. `is_array`: the file has an array or several lines, for /v2/bulkevents."""

    name: str
    batches: tuple[bytes, ...]
    is_array: bool
    body: bytes
    """The body that a client would post."""


def parse_batches(content: bytes, name: str) -> BatchFile:
    """Return the batches in `content`. Raise OperatorError when ingest could not read it.

    Elements are not checked here. A file may have more batches than one request may.
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
    """Return a copy of the element's bytes; NotUtf8 stays unchanged."""
    return bytes(element) if isinstance(element, msgspec.Raw) else element


def too_much(files: Iterable[BatchFile], most_bytes: int) -> Iterator[str]:
    """Yield a sentence for each file that ingest would refuse as too large (413)."""
    for file in files:
        try:
            if len(file.body) > most_bytes:
                raise too_large(most_bytes)
            (many_batches if file.is_array else one_batch)(file.body)
        except BodyTooLarge as error:
            yield f"{file.name}: ingest would answer 413: {error}"


def without_events(batches: Sequence[bytes]) -> list[str]:
    """Return a sentence for each object without `events`: it may still be a batch, or contain one."""
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
