"""Prepare once what all events of a batch share: read, hash and encode it, and cache it for the user's next batches."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeAlias

from config.profiles.fields import IP
from mapping.incoming.batch_fields import read_batch_fields
from mapping.profiles.filling import FillEvent, may_fill
from mapping.profiles.values import Filling
from mapping.recipe import Recipe
from mapping.results import Note
from mapping.wire import Document, Spliced

MOST_KEPT: Final = 1024
"""Users whose batches one process caches; batches of one user follow each other within minutes."""
LONGEST_KEPT: Final = 2048
"""Bytes of JSON of one user. Decoded, they may take 20 times as much: 40 MiB in all, 3 MiB for usual users."""
MOST_LONG_KEPT: Final = 16
LONGEST_LONG_KEPT: Final = 64 << 10
"""Bytes of JSON of the few longer ones, 20 MiB in all; longer ones still are decoded each time."""


class PreparedBatch:
    """The shared part of a batch for one connection; serves any number of threads and batches."""

    def __init__(self, recipe: Recipe, relevant: bytes, filling: Filling | None, peer_ip: str | None) -> None:
        self.shared = read_batch_fields(relevant, recipe.platform)
        self.fill_event: FillEvent | None = None
        filling = self._permitted(recipe, filling)
        self.shared.addresses = (self.shared.ip, None if filling is None else filling.get(IP), peer_ip)
        self.withheld = recipe.forwarding.withheld(self.shared)
        self.rules = recipe.forwarding.rules_for(self.shared)
        self._recipe, self._filling = recipe, filling
        self._encoded: tuple[Spliced, tuple[Note, ...], int] | None = None

    def encoded(self) -> tuple[Spliced, tuple[Note, ...], int]:
        """Return the batch's fields, encoded, the notes about them and its match keys; computed at the first call."""
        if self._encoded is None:
            document: Document = {}
            notes = [*self.shared.notes, *self._recipe.forwarding.notes(self.shared)]
            recipe = self._recipe
            recipe.of_batch(self.shared, document, notes)  # rules of a batch's fields only omit fields: nothing fails
            if self._filling is not None and recipe.filler is not None:
                recipe.filler.batch(document, notes, self._filling)
            keys = recipe.keys_of_batch(document)
            self._encoded = Spliced(document, recipe.joined), tuple(notes), keys
        return self._encoded

    def _permitted(self, recipe: Recipe, filling: Filling | None) -> Filling | None:
        """Return what may fill the batch, and fill the user's answers; None where nothing may."""
        if filling is None or recipe.filler is None:
            return None
        recipe.filler.consent(self.shared, filling)
        if not may_fill(self.shared):
            return None
        self.fill_event = recipe.filler.event(filling)
        return filling


PrepareBatch: TypeAlias = Callable[[bytes, Filling | None, str | None], PreparedBatch]
"""Takes the relevant JSON of a batch, what may fill it, and the sender's address, where that may be sent."""


class _Maker:
    """A recipe compared by identity: a key of the caches that all connections share."""

    __slots__ = ("recipe",)

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe


def _make(maker: _Maker, relevant: bytes, filling: Filling | None, peer_ip: str | None) -> PreparedBatch:
    return PreparedBatch(maker.recipe, relevant, filling, peer_ip)


_kept = lru_cache(maxsize=MOST_KEPT)(_make)
_kept_long = lru_cache(maxsize=MOST_LONG_KEPT)(_make)


def batch_preparer(recipe: Recipe) -> PrepareBatch:
    """Return a function that prepares the shared part for `recipe`, and caches it for batches with the same content."""
    maker = _Maker(recipe)

    def make(relevant: bytes, filling: Filling | None, peer_ip: str | None) -> PreparedBatch:
        if len(relevant) <= LONGEST_KEPT:
            return _kept(maker, relevant, filling, peer_ip)
        prepare = _kept_long if len(relevant) <= LONGEST_LONG_KEPT else _make
        return prepare(maker, relevant, filling, peer_ip)

    return make
