"""Find dead letters: at once in an index that a process keeps, or by reading all of them once.

What an index holds of a dead letter never changes, not even when its event is corrected. So each dead letter is read
once. After that only ids are compared, and only when the ledger's counters say that dead letters came or went.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import redis

from config.dead_letter_reasons import UNREADABLE
from delivery.dead_letter import DeadLetter, dead_lettered_at_ms
from lanes.chunk import Header, read_header
from lanes.daily_counts import day_of
from lanes.dead_letters import dead_letter_ids, dead_letter_versions, iterate_dead_letters, read_dead_letters
from lanes.errors import ChunkUnreadable
from operations.dead_letters.query import DeadLetterQuery, Found, IndexEntry, IndexKey
from operations.dead_letters.store import decoded
from operations.errors import OperatorError
from process.memory import give_back
from store.clocks import now_ms

MOST_ENTRIES: Final = 200_000
"""The most entries of a connection; the newest are kept. Each takes about 0.8 KB of memory."""
KEPT_S: Final = 600.0
"""How long the entries stay after the last query; they may stay twice as long."""

Later: TypeAlias = Callable[[float, Callable[[], None]], None]


def find_once(client: redis.Redis, connections: Sequence[str], query: DeadLetterQuery) -> Found:
    """Return what the query finds in these connections, for a command that keeps no index. Raise RedisAway."""
    names = [name for name in connections if query.connection in (None, name)]
    found = ConnectionIndex()
    for name in names:
        found.put(entry for entry in _read_once(client, name, query.ids) if query.matches(entry[0]))
    return _select(found.keys.items(), query, client)


def _read_once(client: redis.Redis, connection: str, ids: Sequence[str]) -> Iterator[tuple[IndexKey, IndexEntry]]:
    """Yield the entries of these ids, or of all dead letters of the connection."""
    if ids:
        yield from _read_all(client, connection, list(dict.fromkeys(ids)))
        return
    for dead_letter_id, stored in iterate_dead_letters(client, connection):
        yield _read(dead_letter_id, connection, stored)


def later(seconds: float, call: Callable[[], None]) -> None:
    """Call `call` after this time, in a thread of its own that does not keep the process alive."""
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()


class DeadLetterIndex:
    """The dead letters of one Redis; serves any number of threads. Raise RedisAway.

    Entries may take a hundred megabytes, so they are dropped once no query came for KEPT_S; the next reads them again.
    """

    def __init__(self, client: redis.Redis, most: int = MOST_ENTRIES, later: Later = later) -> None:
        self._client, self._most, self._later = client, most, later
        self._lock = threading.Lock()
        self._connections: dict[str, ConnectionIndex] = {}
        self._used, self._waits = False, False

    def find(self, connections: Sequence[str], query: DeadLetterQuery) -> Found:
        """Return what the query finds in these connections."""
        names = [name for name in connections if query.connection in (None, name)]
        return _select(self._keys(names), query, self._client)

    def _keys(self, connections: Sequence[str]) -> list[tuple[IndexKey, Sequence[IndexEntry]]]:
        """Return all entries by key; lists that were returned once never change."""
        with self._lock:
            moved = dead_letter_versions(self._client, connections)
            indexes = [self._connections.setdefault(connection, ConnectionIndex()) for connection in connections]
            for connection, index, moves in zip(connections, indexes, moved, strict=True):
                if index.moves != moves:
                    self._update(connection, index)
                    index.moves = moves
            self._used = True
            if not self._waits:
                self._waits = True
                self._later(KEPT_S, self._drop_unused)
            return [entry for index in indexes for entry in index.keys.items()]

    def _drop_unused(self) -> None:
        """Drop all entries and give their memory back; where a query came since the last call, wait again."""
        with self._lock:
            if self._used:
                self._used = False
                self._later(KEPT_S, self._drop_unused)
                return
            self._connections, self._waits = {}, False
        give_back()

    def _update(self, connection: str, index: "ConnectionIndex") -> None:
        """Drop the entries of dead letters that have gone, and read those that are new."""
        ids = dead_letter_ids(self._client, connection)[-self._most :]
        there = set(ids)
        if gone := index.key_of.keys() - there:
            index.drop(gone)
        index.put(_read_all(self._client, connection, [each for each in ids if each not in index.key_of]))


class ConnectionIndex:
    """The entries of one connection by key, and the counters of the ledger as they were when these were read."""

    def __init__(self) -> None:
        self.keys: dict[IndexKey, list[IndexEntry]] = {}
        self.key_of: dict[str, IndexKey] = {}
        self.moves: tuple[bytes | None, ...] | None = None

    def put(self, entries: Iterable[tuple[IndexKey, IndexEntry]]) -> None:
        """Add these entries."""
        added: dict[IndexKey, list[IndexEntry]] = {}
        for key, entry in entries:
            kept = self.key_of.setdefault(entry.id, key)
            added.setdefault(kept, []).append(entry)
        for key, new in added.items():
            self._keep(key, sorted([*self.keys.get(key, ()), *new], key=lambda entry: entry.id))

    def drop(self, gone: set[str]) -> None:
        """Remove the entries of these ids."""
        for key in {self.key_of.pop(dead_letter_id) for dead_letter_id in gone}:
            self._keep(key, [entry for entry in self.keys[key] if entry.id not in gone])

    def _keep(self, key: IndexKey, entries: list[IndexEntry]) -> None:
        """Replace the list of a key; lists that were returned before stay as they are."""
        keys: Mapping[IndexKey, list[IndexEntry]] = {**self.keys, key: entries}
        self.keys = {each: some for each, some in keys.items() if some}


def _select(
    keys: Iterable[tuple[IndexKey, Sequence[IndexEntry]]], query: DeadLetterQuery, client: redis.Redis
) -> Found:
    now = now_ms(client) if query.has_ages and not query.until_ms else 0
    return Found([(key, query.select(entries, now)) for key, entries in keys if query.matches(key)])


def _read_all(client: redis.Redis, connection: str, ids: Sequence[str]) -> Iterator[tuple[IndexKey, IndexEntry]]:
    """Yield the entries of those dead letters that are still there."""
    read = read_dead_letters(client, [(connection, dead_letter_id) for dead_letter_id in ids])
    for dead_letter_id, stored in zip(ids, read, strict=True):
        if stored is not None:
            yield _read(dead_letter_id, connection, stored)


def _read(dead_letter_id: str, connection: str, stored: bytes) -> tuple[IndexKey, IndexEntry]:
    """Return the entry of a dead letter; one that is damaged has the reason `unreadable` and at least its id."""
    try:
        dead_letter = decoded(stored, dead_letter_id)
    except OperatorError:
        dead_letter = DeadLetter(
            id=dead_letter_id,
            connection=connection,
            input="",
            at_ms=dead_lettered_at_ms(dead_letter_id) or 0,
            stage="",
            reason=UNREADABLE.code,
        )
    header = _header_of(dead_letter.source)
    day = day_of(header.received_ms if header else dead_letter.at_ms)
    key = IndexKey(connection, dead_letter.stage, dead_letter.reason, dead_letter.field, dead_letter.tiktok_event, day)
    job = None if dead_letter.job is None else sys.intern(dead_letter.job)
    return key, IndexEntry(
        dead_letter_id, connection, dead_letter.event_id, job, header.first_unknown_ms if header else 0
    )


def _header_of(source: bytes) -> Header | None:
    try:
        return read_header(source) if source else None
    except ChunkUnreadable:
        return None
