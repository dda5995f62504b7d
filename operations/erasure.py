"""Forgetting a person: out of lanes, dead letters and the memory of addresses, round by round until none is left."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from config.model import Configuration
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.dead_letters import discard_letters
from lanes.erasure import Edit, Placed, erase, pages
from lanes.errors import ChunkUnreadable
from lanes.names import LANES_PER_CONNECTION, lane_name
from mapping.people.identity_keys import IdentityKeys
from mapping.people.reading import Identity
from operations.dead_letters.store import DeadLetterStore
from operations.person_search import Person
from store.address_cache import Memory

WAIT_S: Final = 60.0
"""As long as a request to TikTok may last: what is being delivered is delivered, or back in its lane, by then."""
POLL_S: Final = 0.2
LETTERS_A_PAGE: Final = 200
MOST_ROUNDS: Final = 5
UNREAD: Final = (
    "a batch in there is no JSON that can be read: let it be delivered, or discard the dead letter, and run this again"
)


@dataclass(slots=True)
class ConnectionErasure:
    """What was, or would be, forgotten of one connection, and what could not be looked into."""

    id: str
    events: int = 0
    letters: int = 0
    in_delivery: int = 0
    """Chunks with events of the person that a worker is delivering at this moment."""
    unreadable: int = 0
    """Chunks and letters that cannot be opened or read, so that the person may be in them."""
    what_to_do: str = ""


@dataclass(slots=True)
class Erasure:
    """What came of it."""

    connections: list[ConnectionErasure]
    addresses: int = 0
    keeps_coming: bool = False
    """Whether the last look still found something: events of theirs go on arriving."""

    @property
    def events(self) -> int:
        """Waiting events, over all connections."""
        return sum(one.events for one in self.connections)

    @property
    def letters(self) -> int:
        """Dead letters, over all connections."""
        return sum(one.letters for one in self.connections)

    @property
    def is_complete(self) -> bool:
        """Whether nothing of the person can be left."""
        return not (self.keeps_coming or any(one.in_delivery or one.unreadable for one in self.connections))


@dataclass(slots=True)
class Eraser:
    """Forgets whoever the identities are of. Raises RedisAway, after which it may be done again."""

    store: DeadLetterStore
    configuration: Configuration
    identities: Sequence[Identity]
    dry_run: bool = False
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    _subjects: set[str] = field(default_factory=set)

    def erase(self, memory: Memory) -> Erasure:
        """Look and remove until a whole look finds nothing: meanwhile letters may be replayed and events die."""
        erasure = Erasure([ConnectionErasure(connection) for connection in self.store.connections])
        until = self.monotonic() + WAIT_S
        for _ in range(1 if self.dry_run else MOST_ROUNDS):
            removed = sum([self._round(erased, until) for erased in erasure.connections])
            erasure.keeps_coming = removed > 0 and not self.dry_run
            if not removed:
                break
        erasure.addresses = memory.forget(self._subjects, dry_run=self.dry_run)
        return erasure

    def unread(self) -> set[str]:
        """Kinds of identities that some connection cannot read, so that only the very same text is found there."""
        readers = [IdentityKeys(self.configuration.connections.get(name)) for name in self.store.connections]
        return {one.kind for one in self.identities if not all(reader.can_read(one) for reader in readers)}

    def _round(self, erased: ConnectionErasure, until: float) -> int:
        """Events and letters of one connection that were removed now."""
        before = erased.events + erased.letters
        erased.unreadable = erased.in_delivery = 0
        identity_keys = IdentityKeys(self.configuration.connections.get(erased.id))
        person = Person(identity_keys, identity_keys.names(self.identities), self.identities, self._subjects)
        self._subjects |= person.names
        for number in range(LANES_PER_CONNECTION):
            self._lane(lane_name(erased.id, number), person, erased, until)
        self._letters(person, erased)
        return erased.events + erased.letters - before

    def _lane(self, lane: str, person: Person, erased: ConnectionErasure, until: float) -> None:
        """Until nothing of the person is in it, or a worker holds it for too long."""
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
            chunk = self._open(placed.sealed, erased)
            without = None if chunk is None else self._search(chunk, person, erased)
            if chunk is None or without is None:
                continue
            if self.dry_run:
                erased.events += chunk.weight - without.weight
            yield Edit(placed, self.store.codec.seal(without) if without.batches else None)

    def _letters(self, person: Person, erased: ConnectionErasure) -> None:
        found = (
            letter.id
            for letter in self.store.letters([erased.id])
            if (source := self._source(letter, erased)) and self._search(source, person, erased)
        )
        while ids := list(islice(found, LETTERS_A_PAGE)):
            gone = ids
            if not self.dry_run:
                gone = discard_letters(self.store.client, erased.id, ids, ends_as="forgotten_letters")
            erased.letters += len(gone)

    def _source(self, letter: DeadLetter, erased: ConnectionErasure) -> Chunk | None:
        return self._readable(lambda: self.store.open(letter), erased)

    def _search(self, chunk: Chunk, person: Person, erased: ConnectionErasure) -> Chunk | None:
        """Return the chunk without the person's events; None when it has none of theirs."""
        without, unread = person.search(chunk)
        if unread:
            erased.unreadable += 1
            erased.what_to_do = UNREAD
        return without

    def _open(self, sealed: bytes, erased: ConnectionErasure) -> Chunk | None:
        return self._readable(lambda: self.store.codec.open(sealed), erased)

    def _readable(self, read: Callable[[], Chunk], erased: ConnectionErasure) -> Chunk | None:
        try:
            return read()
        except ChunkUnreadable as error:
            erased.unreadable += 1
            erased.what_to_do = error.what_to_do
            return None
