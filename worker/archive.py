"""Write receipts to the archive: one worker at a time, without ever holding up delivery."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import redis
import structlog

from lanes.receipts.archive import archive_kept, discard_waiting, note_failure, oldest_waiting_ms
from operations.archive.storage import ArchiveError, Storage
from operations.archive.write import remove_old_files, write_next
from store.client import connect
from store.clocks import Clocks, now_ms, own_ms
from store.errors import RedisFull
from store.leader_lock import LeaderLock, is_first
from worker.runtime import Runtime

ARCHIVE_EVERY_S: Final = 5.0
REMOVE_EVERY_S: Final = 3_600
RETRY_AFTER_S: Final = (5, 15, 60)
"""The last one is repeated."""
KEPT_WITHOUT_MS: Final = 24 * 3_600_000
"""How long receipts wait where this worker has no archive: the variable may be forgotten; another may have it."""

log = structlog.get_logger("relay.worker.archive")


class Archiver:
    """Writes what waits, on a connection of its own, while this process is the leader.

    Two leaders, one of which was late, do no harm: both write the same file.
    """

    def __init__(self, redis_url: str) -> None:
        self._client: redis.Redis = connect(redis_url)
        self._leader = LeaderLock(self._client, "archive")
        self._storage: Storage | None = None
        self._failures = 0
        self._next_s = 0.0
        self._told_unset = False
        self._monotonic: Callable[[], float] = time.monotonic

    def step(self, runtime: Runtime) -> None:
        """Write every portion that is due; without an archive, remove what waited a day for one. Raise RedisAway."""
        url = runtime.settings.archive
        if url is None:
            self._discard_old()
            return
        self._storage = self._storage or Storage(url)
        if self._monotonic() < self._next_s:
            return
        try:
            self._write(runtime, self._storage)
        except ArchiveError as error:
            self._failed(str(error))

    def _write(self, runtime: Runtime, storage: Storage) -> None:
        settings = runtime.settings
        while not runtime.stopping.is_set() and self._leader.acquire():
            file = write_next(self._client, storage, settings.archive_memory, settings.replicas)
            if file is None:
                self._remove_old(storage, settings.archive_days)
                return
            if self._failures:
                log.info("archive_writable")
            self._failures = 0
            log.info("archive_written", file=file.path, receipts=file.receipts)

    def _discard_old(self) -> None:
        """Remove what waits for an archive when the oldest of it is a day old; before that, say that it waits."""
        oldest_ms = oldest_waiting_ms(self._client)
        if oldest_ms is None:
            return
        clocks = Clocks(now_ms(self._client), own_ms())
        if clocks.earliest_ms - oldest_ms > KEPT_WITHOUT_MS and not clocks.disagree:
            log.warning("archive_discarded", receipts=discard_waiting(self._client))
        elif not self._told_unset:
            log.warning("archive_unset", receipts=archive_kept(self._client).receipts)
            self._told_unset = True

    def _remove_old(self, storage: Storage, days: int) -> None:
        clocks = Clocks(now_ms(self._client), own_ms())
        with suppress(RedisFull):
            if days and not clocks.disagree and is_first(self._client, "archive-retention", REMOVE_EVERY_S):
                try:
                    removed = remove_old_files(self._client, storage, days, clocks.earliest_ms)
                except ArchiveError as error:
                    log.warning("archive_files_kept", problem=str(error))
                    return
                if removed:
                    log.info("archive_files_removed", files=removed)

    def _failed(self, error: str) -> None:
        """Record the failure for status and alerts, and wait longer after each."""
        if not self._failures:
            log.warning("archive_failed", problem=error)
        self._next_s = self._monotonic() + RETRY_AFTER_S[min(self._failures, len(RETRY_AFTER_S) - 1)]
        self._failures += 1
        with suppress(RedisFull):
            note_failure(self._client, error, now_ms(self._client))
