"""Treat a request's element that is no batch as one event, which ends as dead letter `invalid_batch`."""

from contextlib import suppress
from typing import Final, Self

import msgspec

from config.dead_letter_reasons import INVALID_BATCH
from mapping.incoming.batch import NotABatch, SplitBatch, split_batch
from mapping.incoming.body import Element, NotUtf8, not_utf8
from mapping.incoming.event import UNREADABLE
from mapping.results import Rejected, Result

NO_BATCH: Final = b"null"
"""The shared JSON of such an element, or a JSON string that says why it is none; that of a batch is an object."""


class Unusable(bytes):
    """An element that cannot be a batch for a reason that its bytes do not show; it may be cut off."""

    why: str = ""

    @classmethod
    def because(cls, why: str, content: bytes) -> Self:
        """Return the element; `why` is a sentence that quotes nothing of it."""
        element = cls(content)
        element.why = why
        return element


def is_no_batch(shared: bytes) -> bool:
    """Return whether this is the shared JSON of an element that is no batch."""
    return shared == NO_BATCH or shared[:1] == b'"'


def split_element(raw: Element) -> SplitBatch:
    """Return an element of a request as a batch; raises NotABatch."""
    if isinstance(raw, SplitBatch):
        return raw
    if type(raw) is NotUtf8:
        raise NotABatch(_not_utf8(raw))
    if type(raw) is Unusable:
        raise NotABatch(raw.why)
    return split_batch(raw)


def as_invalid_batch(raw: Element) -> SplitBatch:
    """Return an element that is no batch as a batch of one event: the element itself, with no environment."""
    shared = msgspec.json.encode(raw.why) if type(raw) is Unusable else NO_BATCH
    element = raw.element if isinstance(raw, SplitBatch) else raw
    return SplitBatch(shared, [msgspec.Raw(bytes(element))], None, msgspec.Raw())


class InvalidBatchMapper:
    """Maps such elements, as BatchMapper maps events: each is rejected with the reason."""

    def __init__(self, shared: bytes = NO_BATCH) -> None:
        self._why: str | None = None
        with suppress(*UNREADABLE):  # a damaged sentence costs only itself
            self._why = msgspec.json.decode(shared)

    def map(self, raw: bytes, generated_id: str | None, *_items: object) -> list[Result]:
        """Return the one result of the element; it has no items."""
        return [Rejected(None, generated_id, INVALID_BATCH.code, None, self._why or explain_invalid_batch(raw))]


def explain_invalid_batch(raw: bytes) -> str:
    """Return a sentence that says why the element is no batch, without quoting it."""
    if not_utf8(raw) is not None:
        return _not_utf8(raw)
    try:
        split_batch(raw)
    except NotABatch as error:
        return str(error)
    return "relay did not take it for a batch when it came, and would now: send it again."


def _not_utf8(raw: bytes) -> str:
    return f"A batch must be a JSON object: this one is not UTF-8 (byte {not_utf8(raw)})."
