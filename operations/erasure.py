"""Erase a person from lanes, dead letters and profiles, round by round until nothing is left."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from config.model import Configuration
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.erasure import Edit, Placed, erase, pages
from lanes.errors import ChunkUnreadable
from lanes.names import LANES_PER_CONNECTION, lane_name
from mapping.people.identities import Identity
from mapping.people.identity_keys import IdentityKeys
from operations.dead_letters.store import DeadLetterStore
from operations.person_search import Person
from operations.receipts.ended import receipts_of_erased, remove_dead_letters
from store.records.profiles import ProfileStore

WAIT_S: Final = 60.0
"""As long as a request to TikTok may last: by then its events are delivered, or back in their lane."""
POLL_S: Final = 0.2
DEAD_LETTERS_A_PAGE: Final = 200
MOST_ROUNDS: Final = 5
UNREAD: Final = (
    "a batch in it is no readable JSON: let it be delivered, or discard the dead letter, then run this again"
)


@dataclass(slots=True)
class ConnectionErasure:
    """What was erased, or would be, from one connection, and what could not be searched."""

    id: str
    events: int = 0
    dead_letters: int = 0
    in_delivery: int = 0
    """Chunks with events of the person that a worker is delivering now."""
    unreadable: int = 0
    """Chunks and dead letters that cannot be decrypted or read, so the person may be in them."""
    what_to_do: str = ""


@dataclass(slots=True)
class Erasure:
    """What an erasure removed, or would remove."""

    connections: list[ConnectionErasure]
    profiles: int = 0
    keeps_coming: bool = False
    """Whether the last round still found something: new events of the person keep arriving."""

    @property
    def events(self) -> int:
        """The number of waiting events, over all connections."""
        return sum(erased.events for erased in self.connections)

    @property
    def dead_letters(self) -> int:
        """The number of dead letters, over all connections."""
        return sum(erased.dead_letters for erased in self.connections)

    def followed_by(self, later: "Erasure") -> "Erasure":
        """Return both as one: the numbers removed are added, and `later` says what is left."""
        before = {erased.id: erased for erased in self.connections}
        for erased in later.connections:
            erased.events += before[erased.id].events
            erased.dead_letters += before[erased.id].dead_letters
        later.profiles += self.profiles
        return later

    @property
    def is_complete(self) -> bool:
        """Whether no data of the person can remain."""
        return not (self.keeps_coming or any(erased.in_delivery or erased.unreadable for erased in self.connections))


@dataclass(slots=True)
class Eraser:
    """Erases the person with these identities. Raise RedisAway, after which it can be run again."""

    store: DeadLetterStore
    configuration: Configuration
    identities: Sequence[Identity]
    dry_run: bool = False
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _subjects: set[str] = field(default_factory=set)

    def erase(self, profiles: ProfileStore) -> Erasure:
        """Search and remove until a round finds nothing: events may move between lanes and dead letters meanwhile."""
        erasure = Erasure([ConnectionErasure(connection) for connection in self.store.connections])
        until = self.monotonic() + WAIT_S
        for _ in range(1 if self.dry_run else MOST_ROUNDS):
            removed = sum([self._round(erased, until) for erased in erasure.connections])
            erasure.keeps_coming = removed > 0 and not self.dry_run
            if not removed:
                break
        erasure.profiles = profiles.erase(self._subjects, dry_run=self.dry_run)
        return erasure

    def unread(self) -> set[str]:
        """Return the kinds of identities that some connection cannot read; there only the same text is found.

        That is so for a phone number without its country, and for a value of `email` that has no address.
        """
        readers = [IdentityKeys(self.configuration.connections.get(name)) for name in self.store.connections]
        return {
            identity.kind for identity in self.identities if not all(reader.can_read(identity) for reader in readers)
        }

    def _round(self, erased: ConnectionErasure, until: float) -> int:
        """Search one connection once; return how many events and dead letters were removed."""
        before = erased.events + erased.dead_letters
        erased.unreadable = erased.in_delivery = 0
        identity_keys = IdentityKeys(self.configuration.connections.get(erased.id))
        person = Person(identity_keys, identity_keys.names(self.identities), self.identities, self._subjects)
        self._subjects |= person.names
        for number in range(LANES_PER_CONNECTION):
            self._lane(lane_name(erased.id, number), person, erased, until)
        self._dead_letters(person, erased)
        return erased.events + erased.dead_letters - before

    def _lane(self, lane: str, person: Person, erased: ConnectionErasure, until: float) -> None:
        """Search a lane until nothing of the person is in it, or a worker holds it for too long."""
        so_far = erased.unreadable, erased.in_delivery
        while True:
            (erased.unreadable, erased.in_delivery), again = so_far, False
            for page in pages(self.store.client, lane):
                edits = list(self._edits(page, person, erased))
                if self.dry_run:
                    continue
                done = erase(self.store.client, lane, edits)
                erased.events += done.events
                erased.in_delivery += done.leased
                again = again or bool(done.leased or done.changed)
            if not again or self.monotonic() > until:
                return
            self.sleep(POLL_S)

    def _edits(self, page: Sequence[Placed], person: Person, erased: ConnectionErasure) -> Iterator[Edit]:
        for placed in page:
            chunk = self._open(placed.chunk, erased)
            without = None if chunk is None else self._search(chunk, person, erased)
            if chunk is None or without is None:
                continue
            if self.dry_run:
                erased.events += chunk.weight - without.weight
            receipts = receipts_of_erased(chunk, without, erased.id, self.store.receipts)
            yield Edit(placed, self.store.codec.encode(without) if without.batches else None, receipts)

    def _dead_letters(self, person: Person, erased: ConnectionErasure) -> None:
        found = (
            dead_letter.id
            for dead_letter in self.store.dead_letters([erased.id])
            if (source := self._source(dead_letter, erased)) and self._search(source, person, erased)
        )
        while ids := list(islice(found, DEAD_LETTERS_A_PAGE)):
            gone = ids
            if not self.dry_run:
                gone = remove_dead_letters(self.store.client, erased.id, ids, self.store.receipts, "erased")
            erased.dead_letters += len(gone)

    def _source(self, dead_letter: DeadLetter, erased: ConnectionErasure) -> Chunk | None:
        return self._readable(lambda: self.store.open(dead_letter), erased)

    def _search(self, chunk: Chunk, person: Person, erased: ConnectionErasure) -> Chunk | None:
        """Return the chunk without the person's events; None when it has none of theirs."""
        without, unread = person.search(chunk)
        if unread:
            erased.unreadable += 1
            erased.what_to_do = UNREAD
        return without

    def _open(self, sealed: bytes, erased: ConnectionErasure) -> Chunk | None:
        return self._readable(lambda: self.store.codec.decode(sealed), erased)

    def _readable(self, read: Callable[[], Chunk], erased: ConnectionErasure) -> Chunk | None:
        try:
            return read()
        except ChunkUnreadable as error:
            erased.unreadable += 1
            erased.what_to_do = error.what_to_do
            return None
