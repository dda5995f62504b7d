"""Map one source event to its results: the path that every event takes."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from config.dead_letter_reasons import INTERNAL_ERROR, INVALID_VALUE
from mapping.compile.steps import Failure
from mapping.incoming.batch import head
from mapping.incoming.event import UNREADABLE, Incoming, read_event
from mapping.incoming.unreadable import explain_unreadable, own_id_of
from mapping.items import event_of, match_items
from mapping.prepared_batch import PreparedBatch
from mapping.properties.native import Item
from mapping.recipe import Recipe
from mapping.results import Mapped, Note, Rejected, Result, Unsupported
from mapping.wire import Document


class BatchMapper:
    """Maps the events of one batch, in any order and independently; not for several threads at a time."""

    __slots__ = ("_now_ms", "_prepared", "_received_ms", "_recipe")

    def __init__(self, recipe: Recipe, prepared: PreparedBatch, received_ms: int, now_ms: int) -> None:
        self._recipe, self._prepared = recipe, prepared
        self._received_ms, self._now_ms = received_ms, now_ms

    def map(
        self, raw: bytes, generated_id: str | None, only: Sequence[str] | None = None, made: Sequence[str] | None = None
    ) -> list[Result]:
        """Return what the event in `raw` becomes: at least one result. Never raises, whatever the bytes.

        `generated_id` is the event's id unless the event has its own. `only` holds the keys of the items that are still
        to be sent: the results are theirs, in their order. `made` holds the keys of all items that the event became.
        """
        try:
            results = self._map(raw, generated_id)
        except Exception as error:  # noqa: BLE001 - one event's error must not stop the others
            results = [_defect(own_id_of(raw) or generated_id, error)]
        return results if only is None else _only(results, only, made)

    def _map(self, raw: bytes, generated_id: str | None) -> list[Result]:
        if self._prepared.withheld is not None:
            return [self._prepared.withheld]
        try:
            shared, decode = self._prepared.shared, self._recipe.decode
            incoming = read_event(raw, shared, generated_id, self._received_ms, self._now_ms, decode)
        except UNREADABLE as error:
            return [self._unreadable(raw, generated_id, error)]
        items = self._recipe.items_of(incoming)
        if not items:
            return [self._recipe.unwanted(incoming)]
        for decide in self._prepared.rules:
            withheld = decide(incoming)
            if withheld is not None:
                return [withheld]
        if len(items) == 1:  # nearly all events
            return [self._item(items[0], incoming)]
        return [self._item(item, incoming) for item in items]

    def _item(self, item: Item, incoming: Incoming) -> Result:
        """Return the result of one item: fields of every event, fields of the batch, and the item's properties."""
        if item.part is not None:
            incoming = item.part
        document: Document = {"event": item.tiktok_event, **self._recipe.constants}
        notes: list[Note] = []
        failure = self._recipe.of_event(incoming, document, notes) or item.fill(incoming, document, notes)
        if failure is not None:
            return _rejected(item, incoming, failure)
        if self._prepared.fill_event is not None:
            self._prepared.fill_event(document, notes)
        spliced, notes_on_batch, keys_of_batch = self._prepared.encoded()
        keys = keys_of_batch | self._recipe.keys_of_event(document)
        if incoming.misnamed:
            notes.extend(_misnamed(incoming.misnamed))
        all_notes = (*notes_on_batch, *notes) if notes else notes_on_batch
        event_id, body = incoming.event_id or "", spliced.complete(document)
        return Mapped(item.tiktok_event, event_id, body, all_notes, item.key, keys)

    def _unreadable(self, raw: bytes, generated_id: str | None, error: Exception) -> Result:
        """Reject an event whose nesting is wrong, unless its readable part shows that no mapping wants it."""
        kind = head(raw)
        if kind is not None and not self._recipe.may_want(kind):
            return self._recipe.unwanted(kind)
        field, message = explain_unreadable(error)
        return Rejected(None, own_id_of(raw) or generated_id, INVALID_VALUE.code, field, message)


def _rejected(item: Item, incoming: Incoming, failure: Failure) -> Rejected:
    field, rejection = failure
    misspelt = next((name for name, meant in (incoming.misnamed or {}).items() if meant == field), None)
    hint = (
        "" if misspelt is None else f" The event has a flag `{misspelt}`, which relay does not read: name it `{field}`."
    )
    message = f"{field} {rejection.message}.{hint}"
    return Rejected(item.tiktok_event, incoming.event_id, rejection.reason, field, message, item.key)


def _misnamed(flags: Mapping[str, str]) -> Iterator[Note]:
    for name, meant in flags.items():
        yield Note(meant, f"absent, and the event has a flag `{name}`, which relay does not read: name it `{meant}`")


def _defect(event_id: str | None, error: Exception) -> Rejected:
    """Reject an event on which relay failed. The message names only the exception's type; its text may quote data."""
    message = f"relay failed on this event ({type(error).__name__}): a defect, please report it."
    return Rejected(None, event_id, INTERNAL_ERROR.code, None, message)


def _only(results: list[Result], only: Sequence[str], made: Sequence[str] | None) -> list[Result]:
    """Return one result for each item in `only`, under the key that the item has had from the beginning."""
    items = [result for result in results if isinstance(result, Mapped | Rejected) and result.item]
    if not items:  # the result of the whole event is that of each item
        return [_named(results[0], key) for key in only]
    places = match_items(only, made, [item.item for item in items])
    return [
        Unsupported("no longer mapped") if place is None else replace(items[place], item=key)
        for key, place in zip(only, places, strict=True)
    ]


def _named(result: Result, key: str) -> Result:
    return replace(result, tiktok_event=event_of(key), item=key) if isinstance(result, Rejected) else result
