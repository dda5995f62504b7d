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
            recipe = self._recipe
            notes = [*self.shared.notes]
            if recipe.forwarding.of_batch:
                notes.extend(recipe.forwarding.notes(self.shared))
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
    prepared: PreparedBatch | None


_CAME_ONCE: Final = _Kept(None, None, None, None)
"""Kept after a user's first batch. To keep the batch itself would cost a fifth of a new user's CPU: that memory is no
longer in the processor's caches."""


class _Users:
    """What is kept of the newest `most` users, in two halves: a full one replaces the older."""

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._newer: dict[bytes, _Kept] = {}
        self._older: dict[bytes, _Kept] = {}

    def last(self, user: bytes) -> _Kept | None:
        """Return what is kept for a user; None for a new one."""
        kept = self._newer.get(user)
        if kept is None and (kept := self._older.get(user)) is not None:
            self.keep(user, kept)
        return kept

    def keep(self, user: bytes, kept: _Kept) -> None:
        """Keep this for the user in place of what was kept before."""
        if len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}
        self._newer[user] = kept


_users: Final = _Users(MOST_KEPT)
_long_users: Final = _Users(MOST_LONG_KEPT)
_numbers: Final = count()


def batch_preparer(recipe: Recipe, *, reads_device_id: bool = False) -> PrepareBatch:
    """Return a function that prepares the shared part for `recipe`, and keeps it for the user's batches that equal it.

    All connections share the cache.
    """
    decode = members_decoder(with_device_id=reads_device_id)
    number = b"%d:" % next(_numbers)

    def prepare(shared: bytes, filling: Filling | None, peer_ip: str | None) -> PreparedBatch:
        user = number + _user_in(shared)
        users, last = _users, _users.last(user)
        if last is None:
            users.keep(user, _CAME_ONCE)
            return PreparedBatch(recipe, shared, filling, peer_ip)
        try:
            members = decode(shared)
        except UNREADABLE:
            return PreparedBatch(recipe, shared, filling, peer_ip)
        if len(shared) > LONGEST_KEPT:
            shared = encode(members)
            if len(shared) > LONGEST_LONG_KEPT:
                return PreparedBatch(recipe, shared, filling, peer_ip)
            members = decode(shared)
            if len(shared) > LONGEST_KEPT:
                users, last = _long_users, _long_users.last(user) or last
        if last[0] == members and last[1] == filling and last[2] == peer_ip and last[3] is not None:
            return last[3]
        prepared = PreparedBatch(recipe, shared, filling, peer_ip)
        users.keep(user, _Kept(members, filling, peer_ip, prepared))
        return prepared

    return prepare


def _user_in(shared: bytes) -> bytes:
    """Return the beginning of a batch's mpid, else of its identities, which all batches of a user have in common.

    The text is searched, not decoded, because most users are new. Users who have it in common replace each other.
    """
    start = shared.find(b'"mpid":')
    if start >= 0:
        return shared[start : start + 32]
    start = shared.find(b'"user_identities":')
    return shared[start : start + 96]
