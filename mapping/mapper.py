"""From one source event to its results, batch by batch: the path every event takes."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from config.dead_letter_reasons import INTERNAL_ERROR, INVALID_VALUE
from mapping.compile.steps import Failure
from mapping.incoming.batch import head
from mapping.incoming.event import UNREADABLE, Incoming, read_event
from mapping.incoming.unreadable import explain_unreadable, own_id_of
from mapping.items import event_of, match_items
from mapping.native import describe
from mapping.prepared_batch import PreparedBatch
from mapping.properties.native import Item
from mapping.recipe import Recipe
from mapping.results import Mapped, Note, Rejected, Result, Unsupported
from mapping.wire import Document, encode


class BatchMapper:
    """Maps the events of one batch, in any order and each by itself; one thread at a time."""

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
        except Exception as surprise:  # noqa: BLE001 - one event's surprise must not become its neighbours'
            results = [_defect(own_id_of(raw) or generated_id, surprise)]
        return results if only is None else _only(results, only, made)

    def _map(self, raw: bytes, generated_id: str | None) -> list[Result]:
        if self._prepared.withheld is not None:
            return [self._prepared.withheld]
        try:
            incoming = read_event(raw, self._prepared.shared, generated_id, self._received_ms, self._now_ms)
        except UNREADABLE as error:
            return [self._unreadable(raw, generated_id, error)]
        items = self._recipe.items_of(incoming)
        if not items:
            return [Unsupported(describe(incoming.event_type, incoming.action))]
        if len(items) == 1:  # as nearly all
            return [self._item(items[0], incoming)]
        return [self._item(item, incoming) for item in items]

    def _item(self, item: Item, incoming: Incoming) -> Result:
        """One item's document: what every event has, the user's part, and properties of its own."""
        document: Document = {"event": item.tiktok_event, **self._recipe.constants}
        notes: list[Note] = []
        failure = self._recipe.of_event(incoming, document, notes)
        if failure is None:
            spliced, notes_on_batch = self._prepared.encoded()
            spliced.into(document)
            failure = item.fill(incoming, document, notes)
        if failure is not None:
            return _rejected(item, incoming, failure)
        if incoming.misnamed:
            notes.extend(_misnamed(incoming.misnamed))
        said = (*notes_on_batch, *notes) if notes else notes_on_batch
        return Mapped(item.tiktok_event, incoming.event_id or "", encode(document), said, item.key)

    def _unreadable(self, raw: bytes, generated_id: str | None, error: Exception) -> Result:
        """An event whose nesting is not mParticle's: a dead letter, unless what can be read says nobody wants it."""
        kind = head(raw)
        if kind is not None and not self._recipe.may_want(kind):
            return Unsupported(describe(kind.event_type, kind.action))
        field, message = explain_unreadable(error)
        return Rejected(None, own_id_of(raw) or generated_id, INVALID_VALUE.code, field, message)


def _rejected(item: Item, incoming: Incoming, failure: Failure) -> Rejected:
    field, reject = failure
    near = next((name for name, meant in (incoming.misnamed or {}).items() if meant == field), None)
    hint = "" if near is None else f" The event has a flag `{near}`, which relay does not read: name it `{field}`."
    message = f"{field} {reject.message}.{hint}"
    return Rejected(item.tiktok_event, incoming.event_id, reject.reason, field, message, item.key)


def _misnamed(flags: Mapping[str, str]) -> Iterator[Note]:
    for name, meant in flags.items():
        yield Note(meant, f"absent, and the event has a flag `{name}`, which relay does not read: name it `{meant}`")


def _defect(event_id: str | None, surprise: Exception) -> Rejected:
    """The exception's text may quote the event, so only its type is told."""
    message = f"relay failed on this event ({type(surprise).__name__}): a defect, please report it."
    return Rejected(None, event_id, INTERNAL_ERROR.code, None, message)


def _only(results: list[Result], only: Sequence[str], made: Sequence[str] | None) -> list[Result]:
    """Return one result for each of these items, under the key that it has had from the beginning."""
    items = [result for result in results if isinstance(result, Mapped | Rejected) and result.item]
    if not items:  # what happened to the whole event happened to each of its items
        return [_named(results[0], key) for key in only]
    again = match_items(only, made, [item.item for item in items])
    return [
        Unsupported("no longer mapped") if place is None else replace(items[place], item=key)
        for key, place in zip(only, again, strict=True)
    ]


def _named(result: Result, key: str) -> Result:
    return replace(result, tiktok_event=event_of(key), item=key) if isinstance(result, Rejected) else result
