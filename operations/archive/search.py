"""Find the receipts of events in the archive: those that Redis no longer has, and those that wait to be written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import redis

from config.settings import Settings
from delivery.receipt import archive_digest, decode_alike
from lanes.receipts.archive import ID_BYTES, Piece, oldest_waiting_ms, waiting_pieces
from operations.archive.names import HOUR_MS, ArchiveFile
from operations.archive.storage import Storage
from operations.archive.tables import ArchivedReceipt, WantedIds, end_size, find_in_file, may_have, wanted_ids
from operations.archive.write import files_of

_AT_ONCE: Final = 8
"""Files that are read whole at the same time; each has 8 MiB at most."""
_ENDS_AT_ONCE: Final = 32
"""Files whose ends are read at the same time: an object store answers slowly, but many requests at once."""


class Span(NamedTuple):
    """A time within which items ended: Unix milliseconds, the first included and the last not; None for no bound."""

    since_ms: int | None = None
    until_ms: int | None = None

    def has(self, at_ms: int) -> bool:
        """Return whether this time is within the span."""
        return (self.since_ms is None or at_ms >= self.since_ms) and (self.until_ms is None or at_ms < self.until_ms)

    def has_hour(self, hour_ms: int) -> bool:
        """Return whether some of the hour that begins then is within the span."""
        return (self.since_ms is None or hour_ms + HOUR_MS > self.since_ms) and (
            self.until_ms is None or hour_ms < self.until_ms
        )


ALWAYS: Final = Span()


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

    def search(
        self, client: redis.Redis, event_ids: Iterable[str], redis_since_ms: int | None, span: Span = ALWAYS
    ) -> Archived:
        """Return the archived receipts of these events that ended within `span`. Raise ArchiveError or RedisAway.

        `redis_since_ms`: receipts in Redis reach back to this time, None without any; later files are not read.
        """
        digests = {archive_digest(event_id): event_id for event_id in event_ids}
        by_hex = {digest.hex(): event_id for digest, event_id in digests.items()}
        waiting = list(self._waiting(client, by_hex, redis_since_ms))
        files = files_of(self._storage)
        since_ms = min((file.first_ms for file in files), default=oldest_waiting_ms(client))
        read = [file for file in files if redis_since_ms is None or file.hour_ms <= redis_since_ms]
        found = self._in_files([file for file in read if span.has_hour(file.hour_ms)], wanted_ids(list(digests)))
        # A portion may be written and removed between these two looks: then both have it.
        merged = Counter(found) | Counter(waiting)
        receipts = [receipt for receipt in merged.elements() if span.has(receipt.at_ms)]
        return Archived([(by_hex[receipt.event_id_sha256], receipt) for receipt in receipts], since_ms)

    def _in_files(self, files: Sequence[ArchiveFile], wanted: WantedIds) -> Iterator[ArchivedReceipt]:
        """Yield the receipts of these files: the ends of all are read, then the files that may have one."""
        with ThreadPoolExecutor(_ENDS_AT_ONCE) as pool:
            some = pool.map(lambda file: self._may_have(file, wanted), files)
            chosen = [file for file, may_have_some in zip(files, some, strict=True) if may_have_some]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for found in pool.map(lambda file: find_in_file(file.path, self._storage.get(file.path), wanted), chosen):
                yield from found

    def _may_have(self, file: ArchiveFile, wanted: WantedIds) -> bool:
        return may_have(file, self._storage.get_end(file.path, file.size, end_size(file)), wanted)

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
