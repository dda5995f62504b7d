"""From one source event to its results, batch by batch: the path every event takes."""

from collections.abc import Collection
from typing import NamedTuple, assert_never

from msgspec.structs import replace

from config.vocabulary import ENVIRONMENTS
from mapping.commerce import Item
from mapping.consent import consents_to
from mapping.incoming import UNREADABLE, Incoming, read_event
from mapping.native import describe
from mapping.recipe import Recipe
from mapping.results import Mapped, Note, Rejected, Result, Unsupported, Withheld
from mapping.shared import Shared, read_shared
from mapping.source import head
from mapping.steps import Failure, fill
from mapping.unreadable import culprit, own_id_of
from mapping.wire import Document, Spliced, encode


class _Common(NamedTuple):
    """What all items of an event share."""

    document: Document
    notes: list[Note]


class BatchMapper:
    """Maps the events of one batch, in any order and each by itself; one thread at a time."""

    def __init__(
        self,
        recipe: Recipe,
        shared: bytes,
        received_ms: int,
        peer_ip: str | None,
        remembered_ip: str | None,
        now_ms: int,
    ) -> None:
        self._recipe = recipe
        self._shared = read_shared(shared)
        self._received_ms = received_ms
        self._shared.now_ms = now_ms
        own = self._shared.ip
        self._shared.addresses = (
            own,
            remembered_ip if recipe.remembers else None,
            peer_ip if recipe.takes_peer else None,
        )
        self._withheld = withheld(self._shared, recipe)
        self._user: Spliced | None = None
        self._notes: list[Note] = []

    def map(self, raw: bytes, minted_id: str | None, only: Collection[str] | None = None) -> list[Result]:
        """What the event in `raw` becomes: at least one result. Never raises, whatever the bytes.

        `minted_id` is the event's id unless it has its own. `only` keeps the items of these TikTok events, and says
        what befalls the whole event once for each of them.
        """
        try:
            results = self._map(raw, minted_id)
        except Exception as surprise:  # noqa: BLE001 - one event's surprise must not become its neighbours'
            results = [_defect(minted_id, surprise)]
        return results if only is None else _kept(results, only)

    def _map(self, raw: bytes, minted_id: str | None) -> list[Result]:
        if self._withheld is not None:
            return [self._withheld]
        try:
            incoming = read_event(raw, self._shared, minted_id, self._received_ms)
        except UNREADABLE as error:
            return [self._unreadable(raw, minted_id, error)]
        items = self._recipe.items_of(incoming)
        if not items:
            return [Unsupported(describe(incoming.event_type, incoming.action))]
        common = self._common(incoming)
        return [self._item(item, incoming, common) for item in items]

    def _common(self, incoming: Incoming) -> _Common | Failure:
        """The document that all items of the event share, the user's part joined in."""
        document: Document = dict(self._recipe.constants)
        notes: list[Note] = []
        failure = fill(self._recipe.of_event, incoming, document, notes)
        if failure is not None:
            return failure
        if self._user is None:
            self._user = self._build_user()
        self._user.into(document)
        return _Common(document, self._notes + notes)

    def _build_user(self) -> Spliced:
        """What all events of the batch share, encoded once."""
        document: Document = {}
        self._notes = list(self._shared.notes)
        fill(self._recipe.of_batch, self._shared, document, self._notes)  # its rules are forgiving: nothing fails
        return Spliced(document)

    def _item(self, item: Item, incoming: Incoming, common: _Common | Failure) -> Result:
        if isinstance(common, Failure):
            return _rejected(item.tiktok_event, incoming.event_id, common)
        notes = list(common.notes)
        properties = item.build(incoming, notes)
        if isinstance(properties, Failure):
            return _rejected(item.tiktok_event, incoming.event_id, properties)
        document = {"event": item.tiktok_event, **common.document}
        if properties:
            document["properties"] = properties
        return Mapped(item.tiktok_event, incoming.event_id or "", encode(document), tuple(notes))

    def _unreadable(self, raw: bytes, minted_id: str | None, error: Exception) -> Result:
        """An event whose nesting is not mParticle's: a dead letter, unless what can be read says nobody wants it."""
        kind = head(raw)
        if kind is not None and not self._recipe.may_want(kind):
            return Unsupported(describe(kind.event_type, kind.action))
        field, message = culprit(error)
        return Rejected(None, own_id_of(raw) or minted_id, "invalid_value", field, message)


def withheld(shared: Shared, recipe: Recipe) -> Withheld | None:
    """Why no event of the batch is sent; None when they may be."""
    if shared.environment not in recipe.environments:
        name = shared.environment if shared.environment in ENVIRONMENTS else "another"
        return Withheld(f"environment {name}, and this connection sends {', '.join(sorted(recipe.environments))} only")
    if recipe.purpose is not None and not consents_to(recipe.purpose, shared.consent):
        return Withheld(f"no GDPR consent to {recipe.purpose}, which this connection asks for (gdpr_purpose)")
    return None


def _rejected(tiktok_event: str, event_id: str | None, failure: Failure) -> Rejected:
    field, refused = failure
    return Rejected(tiktok_event, event_id, refused.reason, field, f"{field} {refused.message}.")


def _defect(event_id: str | None, surprise: Exception) -> Rejected:
    """The exception's text may quote the event, so only its type is told."""
    message = f"relay failed on this event ({type(surprise).__name__}): a defect, please report it."
    return Rejected(None, event_id, "internal_error", None, message)


def _kept(results: list[Result], only: Collection[str]) -> list[Result]:
    kept: list[Result] = []
    for result in results:
        match result:
            case Mapped(tiktok_event=str(name)) | Rejected(tiktok_event=str(name)):
                if name in only:
                    kept.append(result)
            case Rejected():
                kept.extend(replace(result, tiktok_event=name) for name in only)
            case Unsupported() | Withheld():
                kept.extend(result for _ in only)
            case _:
                assert_never(result)
    return kept
