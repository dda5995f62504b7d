"""Recall the profiles of the users of a claim, in one round trip, and choose what may fill each batch."""

from collections.abc import Sequence

import structlog

from lanes.chunk import Chunk
from mapping.plan import Plan
from mapping.profiles.values import Filling
from operations.profiles import filling_of, subjects_of
from store.errors import RedisAway, RedisFull
from store.records.profiles import ProfileStore

log = structlog.get_logger("relay.worker")


class Profiles:
    """Serves any number of threads. Without Redis, events are sent without what profiles would fill."""

    def __init__(self, store: ProfileStore) -> None:
        self.store = store
        self._unavailable = False

    def recall(self, chunks: Sequence[tuple[Chunk, Plan]]) -> list[list[Filling]]:
        """Return what may fill each batch, by chunk.

        Raise RedisAway or RedisFull where a batch would be withheld for want of a remembered consent.
        """
        users = [[subjects_of(plan, batch.shared) for batch in chunk.batches] for chunk, plan in chunks]
        subjects = dict.fromkeys(subject for batches in users for user in batches for subject in user)
        try:
            stored = self.store.recall(subjects)
            self._unavailable = False
        except (RedisAway, RedisFull) as error:
            if any(plan.profiles is not None and plan.profiles.needs_answer for _, plan in chunks):
                raise
            self._log_once(error)
            stored = {}
        return [
            [filling_of(self.store, plan, user, stored, chunk.received_ms) for user in batches]
            for (chunk, plan), batches in zip(chunks, users, strict=True)
        ]

    def _log_once(self, error: Exception) -> None:
        """Log the error if it is the first since profiles were last available. It quotes no value."""
        if not self._unavailable:
            log.warning("profiles_unavailable", error=str(error))
        self._unavailable = True
