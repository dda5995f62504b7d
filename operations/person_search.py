"""Search a chunk for a person's events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from lanes.chunk import Batch, Chunk
from mapping.incoming.invalid_batch import is_no_batch
from mapping.people.identities import Identity, identities_in_anything, mentions
from mapping.people.identity_keys import IdentityKeys


class Searched(NamedTuple):
    """The result for one chunk.

    `kept` is the chunk without the person's events, or None if it has none of them. `unread` says whether a part could
    not be read, so that the person may be in it.
    """

    kept: Chunk | None
    unread: bool


@dataclass(frozen=True, slots=True)
class Person:
    """A person as one connection identifies them; `subjects` collects every key that their batches have for them."""

    identity_keys: IdentityKeys
    names: frozenset[str]
    identities: Sequence[Identity]
    subjects: set[str]

    def search(self, chunk: Chunk) -> Searched:
        """Return what is left of the chunk without the person's events."""
        kept: list[Batch] = []
        unread = False
        for batch in chunk.batches:
            if is_no_batch(batch.shared):
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
        """Return invalid batches without the entries whose text names the person."""
        entries = [entry for entry in batch.entries if not self._is_mentioned(entry.raw)]
        return [Batch(batch.shared, entries)] if entries else []

    def _is_mentioned(self, raw: bytes) -> bool:
        if self.identity_keys.names(identities_in_anything(raw)) & self.names:
            return True
        return any(mentions(raw, identity) for identity in self.identities)


def _entries(batches: Sequence[Batch]) -> int:
    return sum(len(batch.entries) for batch in batches)
