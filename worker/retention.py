"""Remove dead letters older than `dead_letter_retention`, a page at a time, and counts of days and hours that are old.

Redis's clock and this worker's must agree, and by both the time must be over, before anything is removed.
"""

from collections.abc import Callable
from typing import Final

import redis
import structlog

from config.model import Connection
from lanes.daily_counts import remove_old_days
from lanes.dead_letters import dead_letter_ids_page
from lanes.hourly_counts import remove_old_hours
from operations.dead_letters.retention import expiry_remedy, expiry_warning, split_by_retention
from operations.receipts.ended import remove_dead_letters
from store.client import connect
from store.clocks import Clocks, now_ms, own_ms
from store.leader_lock import is_first
from worker.runtime import Runtime

PAGE_EVERY_S: Final = 5.0
WARN_EVERY_S: Final = 86_400
"""One warning a day, by one of all workers."""

log = structlog.get_logger("relay.worker.retention")


class Retention:
    """Go through the dead letters of all connections, page by page. Several workers may do so at once."""

    def __init__(
        self,
        redis_url: str,
        clock_ms: Callable[[redis.Redis], int] = now_ms,
        own_clock_ms: Callable[[], int] = own_ms,
    ) -> None:
        self._client: redis.Redis = connect(redis_url)
        self._clock_ms, self._own_ms = clock_ms, own_clock_ms
        self._connection: str | None = None
        self._cursor = 0
        self._soon = 0

    def step(self, runtime: Runtime) -> None:
        """Check one page of ids; remove the dead letters that are too old, counted as discarded. Raise RedisAway."""
        clocks = Clocks(self._clock_ms(self._client), self._own_ms())
        if clocks.disagree:
            return
        connection = self._current(runtime)
        if connection is None or connection.dead_letter_retention_s is None:
            if connection is not None:
                self._remove_old_counts(connection.id, clocks.earliest_ms)
            self._next_connection(runtime)
            return
        following, ids = dead_letter_ids_page(self._client, connection.id, self._cursor)
        found = split_by_retention(ids, connection.dead_letter_retention_s, clocks.earliest_ms)
        if found.expired and (
            gone := remove_dead_letters(self._client, connection.id, found.expired, runtime.receipts)
        ):
            log.warning("dead_letters_expired", connection=connection.id, dead_letters=len(gone))
        self._soon += found.soon
        self._cursor = following
        if following == 0:
            self._remove_old_counts(connection.id, clocks.earliest_ms)
            self._warn(connection)
            self._next_connection(runtime)

    def _remove_old_counts(self, connection: str, earliest_ms: int) -> None:
        remove_old_days(self._client, connection, earliest_ms)
        remove_old_hours(self._client, connection, earliest_ms)

    def _current(self, runtime: Runtime) -> Connection | None:
        """Return the connection whose dead letters are being checked; None when it is no longer in the file."""
        return None if self._connection is None else runtime.file.current.connections.get(self._connection)

    def _next_connection(self, runtime: Runtime) -> None:
        """Go to the next connection, after the last to the first. Connections not in the file have no retention."""
        ids = list(runtime.file.current.connections)
        index = ids.index(self._connection) + 1 if self._connection in ids else 0
        self._connection = ids[index % len(ids)] if ids else None
        self._cursor = self._soon = 0

    def _warn(self, connection: Connection) -> None:
        if self._soon and is_first(self._client, f"retention:{connection.id}", WARN_EVERY_S):
            warning, remedy = expiry_warning(connection, self._soon), expiry_remedy(connection)
            log.warning("dead_letters_expiring", connection=connection.id, warning=warning, what_to_do=remedy)
