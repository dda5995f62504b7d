"""The JSON of a request's body as its batches, each still its own bytes."""

from collections.abc import Sequence
from typing import Final

import msgspec

from ingest.answers import BAD_REQUEST, TOO_LARGE, Refused

MOST_BATCHES: Final = 1_000
LARGEST_BATCH: Final = 1024 * 1024

JsonBytes = bytes | msgspec.Raw

_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


def one_batch(body: bytes) -> Sequence[JsonBytes]:
    """The body of /v2/events: a batch."""
    if not body or body.isspace():
        raise _empty()
    if body.lstrip()[:1] == b"[":
        raise Refused(BAD_REQUEST, "The body is an array: /v2/events takes one batch, /v2/bulkevents an array of them.")
    if len(body) > LARGEST_BATCH:
        raise _too_large(1, len(body))
    return (body,)


def many_batches(body: bytes) -> Sequence[JsonBytes]:
    """The body of /v2/bulkevents: an array of batches.

    An empty array is refused as an empty body is, because a client asked to upload nothing sends one or the other
    depending on its language.
    """
    if not body or body.isspace():
        raise _empty()
    try:
        batches = _decode_list(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(BAD_REQUEST, f"The body must be a JSON array of batches: {_reason(error)}.") from None
    if not batches:
        raise Refused(BAD_REQUEST, "The array holds no batch.")
    if len(batches) > MOST_BATCHES:
        raise Refused(TOO_LARGE, f"The request has {len(batches)} batches; at most {MOST_BATCHES} are taken at once.")
    for number, batch in enumerate(batches, start=1):
        if (size := memoryview(batch).nbytes) > LARGEST_BATCH:
            raise _too_large(number, size)
    return batches


def _empty() -> Refused:
    return Refused(BAD_REQUEST, "The body is empty.")


def _too_large(number: int, size: int) -> Refused:
    return Refused(TOO_LARGE, f"Batch {number} has {size} bytes, at most {LARGEST_BATCH} are taken: split it.")


def _reason(error: Exception) -> str:
    return "this one is nested too deeply" if isinstance(error, RecursionError) else str(error)
