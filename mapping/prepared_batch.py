"""Prepare once what all events of a batch share: read, hash and encode it, and cache it for the user's next batches."""

from collections.abc import Callable
from itertools import count
from typing import Any, Final, NamedTuple, TypeAlias

from config.profiles.fields import IP
from mapping.incoming.batch_fields import members_decoder, read_batch_fields
from mapping.incoming.event import UNREADABLE
from mapping.profiles.filling import FillEvent, may_fill
from mapping.profiles.values import Filling
from mapping.recipe import Recipe
from mapping.results import Note
from mapping.wire import Document, Spliced, encode

MOST_KEPT: Final = 1024
"""Users whose last batch one process keeps, once they came twice."""
LONGEST_KEPT: Final = 2048
"""Bytes of JSON of one user. Decoded, they may take 20 times as much: 40 MiB in all, 3 MiB for usual users."""
MOST_LONG_KEPT: Final = 16
LONGEST_LONG_KEPT: Final = 64 << 10
"""Bytes of JSON of the few longer ones, 20 MiB in all; longer ones still are decoded each time."""


class PreparedBatch:
    """The shared part of a batch for one connection; serves any number of threads and batches."""

    __slots__ = ("_encoded", "_filling", "_recipe", "fill_event", "rules", "shared", "withheld")

    def __init__(self, recipe: Recipe, shared: bytes, filling: Filling | None, peer_ip: str | None) -> None:
        self.shared = read_batch_fields(shared, recipe.platform)
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
"""Takes the JSON of a batch without its events, what may fill it, and the sender's address, where that may be sent."""


class _Kept(NamedTuple):
    """What a user's last batch was prepared from, and the result."""

    members: Any
    filling: Filling | None
    peer_ip: str | None
    prepared: PreparedBatch


class _Users:
    """The last batches of the newest `most` users, in two halves: a full one replaces the older.

    A batch is kept once its user came twice; before, only the user's key is. To keep each first batch would cost a
    fifth of a new user's CPU, because that memory is no longer in the processor's caches.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._newer: dict[bytes, _Kept | None] = {}
        self._older: dict[bytes, _Kept | None] = {}

    def last(self, user: bytes) -> _Kept | None:
        """Return what is kept for a user; None for one who came at most once."""
        kept = self._newer.get(user)
        if kept is None and (kept := self._older.get(user)) is not None:
            self._put(user, kept)
        return kept

    def keep(self, user: bytes, kept: _Kept) -> None:
        """Keep this for the user in place of what was kept before, unless the user is new."""
        self._put(user, kept if user in self._newer or user in self._older else None)

    def _put(self, user: bytes, kept: _Kept | None) -> None:
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}
        self._newer[user] = kept


_users: Final = _Users(MOST_KEPT)
_long_users: Final = _Users(MOST_LONG_KEPT)
_numbers: Final = count()


def batch_preparer(recipe: Recipe, *, reads_device_id: bool = False) -> PrepareBatch:
    """Return a function that prepares the shared part for `recipe`, and keeps it for the user's batches that equal it.

    Batches with the same mpid and identities are one user's. All connections share the cache.
    """
    decode = members_decoder(with_device_id=reads_device_id)
    number = b"%d:" % next(_numbers)

    def prepare(shared: bytes, filling: Filling | None, peer_ip: str | None) -> PreparedBatch:
        try:
            members = decode(shared)
        except UNREADABLE:
            return PreparedBatch(recipe, shared, filling, peer_ip)
        users = _users
        if len(shared) > LONGEST_KEPT:
            relevant = encode(members)
            if len(relevant) > LONGEST_LONG_KEPT:
                return PreparedBatch(recipe, relevant, filling, peer_ip)
            members, users = decode(relevant), _users if len(relevant) <= LONGEST_KEPT else _long_users
        user: bytes = number + members.mpid + members.user_identities
        last = users.last(user)
        if last is not None and last[0] == members and last[1] == filling and last[2] == peer_ip:
            return last[3]
        prepared = PreparedBatch(recipe, shared, filling, peer_ip)
        users.keep(user, _Kept(members, filling, peer_ip, prepared))
        return prepared

    return prepare
