"""Search a chunk for somebody's events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from lanes.chunk import Batch, Chunk
from mapping.incoming.invalid_batch import NO_BATCH
from mapping.people.identity_keys import IdentityKeys
from mapping.people.reading import Identity, identities_in_anything, mentions


class Searched(NamedTuple):
    """A chunk searched for somebody: `kept` is the rest of one that has events of theirs, None of one that has none.

    `unread`: whether a part of it cannot be read, so that they may be in there.
    """

    kept: Chunk | None
    unread: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as one connection knows them; `subjects` gathers every name that their batches give them."""

    identity_keys: IdentityKeys
    names: frozenset[str]
    identities: Sequence[Identity]
    subjects: set[str]

    def search(self, chunk: Chunk) -> Searched:
        """Look for events of theirs."""
        kept: list[Batch] = []
        unread = False
        for batch in chunk.batches:
            if batch.shared == NO_BATCH:
                kept += self._not_mentioned(batch)
                continue
            names = self.identity_keys.of_batch(batch.shared)
            unread = unread or names is None
            if names and names & self.names:
                self.subjects.update(names)
            else:
                kept.append(batch)
        without = None if _entries(kept) == _entries(chunk.batches) else msgspec.structs.replace(chunk, batches=kept)
        return Searched(without, unread)

    def _not_mentioned(self, batch: Batch) -> list[Batch]:
        """What stands in the place of batches, without whatever names them in its text."""
        entries = [entry for entry in batch.entries if not self._is_mentioned(entry.raw)]
        return [Batch(batch.shared, entries)] if entries else []

    def _is_mentioned(self, raw: bytes) -> bool:
        if self.identity_keys.names(identities_in_anything(raw)) & self.names:
            return True
        return any(mentions(raw, identity) for identity in self.identities)


def _entries(batches: Sequence[Batch]) -> int:
    return sum(len(batch.entries) for batch in batches)
