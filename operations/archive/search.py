"""Find the receipts of events in the archive: those that Redis no longer has, and those that wait to be written."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

import redis

from config.settings import Settings
from delivery.receipt import archive_digest, decode_alike
from lanes.receipts.archive import ID_BYTES, Piece, oldest_waiting_ms, waiting_pieces
from operations.archive.names import ArchiveFile
from operations.archive.storage import Storage
from operations.archive.tables import ArchivedReceipt, find_in_file, wanted_ids
from operations.archive.write import files_of

_AT_ONCE: Final = 8
"""Files that are read at the same time; each has 8 MiB at most."""


class Archived(NamedTuple):
    """The receipts that were found, by event id, and the time to which the archive reaches back: None while empty."""

    receipts: list[tuple[str, ArchivedReceipt]]
    since_ms: int | None


class Archive:
    """The archive of these settings, to be searched."""

    def __init__(self, url: str) -> None:
        self._storage = Storage(url)

    @classmethod
    def of(cls, settings: Settings) -> "Archive | None":
        """Return the archive; None without RELAY_ARCHIVE."""
        return cls(settings.archive) if settings.archive else None

    def search(self, client: redis.Redis, event_ids: Iterable[str], redis_since_ms: int | None) -> Archived:
        """Return the archived receipts of these events. Raise ArchiveError or RedisAway.

        `redis_since_ms`: receipts in Redis reach back to this time, None without any; later files are not read.
        """
        by_hex = {archive_digest(event_id).hex(): event_id for event_id in event_ids}
        waiting = list(self._waiting(client, by_hex, redis_since_ms))
        files = files_of(self._storage)
        since_ms = min((file.first_ms for file in files), default=oldest_waiting_ms(client))
        wanted = wanted_ids(list(by_hex))
        read = [file for file in files if redis_since_ms is None or file.hour_ms <= redis_since_ms]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = [
                each for some in pool.map(lambda file: self._in_file(file, wanted), reversed(read)) for each in some
            ]
        # A portion may be written and removed between these two looks: then both have it.
        merged = Counter(found) | Counter(waiting)
        return Archived([(by_hex[receipt.event_id_sha256], receipt) for receipt in merged.elements()], since_ms)

    def _in_file(self, file: ArchiveFile, wanted: Any) -> list[ArchivedReceipt]:
        return list(find_in_file(file.path, self._storage.get(file.path), wanted))

    def _waiting(
        self, client: redis.Redis, by_hex: dict[str, str], redis_since_ms: int | None
    ) -> Iterator[ArchivedReceipt]:
        """Yield those that wait to be written, if what a trace finds in Redis does not reach back to them."""
        oldest_ms = oldest_waiting_ms(client)
        if oldest_ms is None or (redis_since_ms is not None and redis_since_ms <= oldest_ms):
            return
        for piece in waiting_pieces(client):
            yield from _in_piece(piece, by_hex)


def _in_piece(piece: Piece, by_hex: dict[str, str]) -> Iterator[ArchivedReceipt]:
    digits = piece.ids.hex()
    wide = 2 * ID_BYTES
    ids = [digits[at : at + wide] for at in range(0, len(digits), wide)]
    if by_hex.keys().isdisjoint(ids):
        return
    first = 0
    for number, facts in decode_alike(piece.body):
        for found in ids[first : first + number]:
            if found in by_hex:
                yield ArchivedReceipt(found, piece.at_ms, facts)
        first += number
