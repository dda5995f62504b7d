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
    _demand_json(body)
    return (_within_size(body, 1),)


def many_batches(body: bytes) -> Sequence[JsonBytes]:
    """The body of /v2/bulkevents: an array of batches.

    An empty array is refused as an empty body is, because a client asked to upload nothing sends one or the other
    depending on its language.
    """
    _demand_json(body)
    try:
        batches = _decode_list(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(BAD_REQUEST, f"The body must be a JSON array of batches: {_reason(error)}.") from None
    if not batches:
        raise Refused(BAD_REQUEST, "The array holds no batch.")
    if len(batches) > MOST_BATCHES:
        raise Refused(TOO_LARGE, f"The request has {len(batches)} batches; at most {MOST_BATCHES} are taken at once.")
    return [_within_size(batch, number) for number, batch in enumerate(batches, start=1)]


def _demand_json(body: bytes) -> None:
    if not body.strip():
        raise Refused(BAD_REQUEST, "The body is empty.")


def _within_size(batch: JsonBytes, number: int) -> JsonBytes:
    size = memoryview(batch).nbytes
    if size > LARGEST_BATCH:
        raise Refused(TOO_LARGE, f"Batch {number} has {size} bytes, at most {LARGEST_BATCH} are taken: split it.")
    return batch


def _reason(error: Exception) -> str:
    return "this one is nested too deeply" if isinstance(error, RecursionError) else str(error)
