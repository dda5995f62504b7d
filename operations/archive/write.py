"""Write the archive: one portion after the other, each as one file; remove files that are too old."""

from typing import Final

import redis

from lanes.receipts.archive import close_portion, move_since, remove_portion
from operations.archive.names import ArchiveFile, file_name, first_kept_ms, parse_name
from operations.archive.storage import ArchiveError, Storage
from operations.archive.tables import arrow_packages, encode_portion
from store.replication.confirmation import confirmations

CONFIRM_WITHIN_MS: Final = 2_000
_PROBE: Final = "relay-check.txt"


def write_next(client: redis.Redis, storage: Storage, budget: int, replicas: int = 0) -> ArchiveFile | None:
    """Write the next portion as a file; return the file, None while there is nothing to write.

    Safe to repeat at any point: a closed portion stays what it is, and always has the same file. So that this holds
    after a failover as well, replicas must have the portion before its file is begun. Raise ArchiveError or RedisAway.
    """
    portion = close_portion(client, budget)
    if portion is None:
        return None
    if replicas and confirmations(client, replicas, CONFIRM_WITHIN_MS) < replicas:
        raise ArchiveError("fewer replicas of Redis than RELAY_REPLICAS asks for have the receipts: no file is begun")
    encoded = encode_portion(portion.pieces)
    name = file_name(portion.series, portion.number, portion.pieces[0].at_ms, encoded.receipts + encoded.unreadable)
    if encoded.receipts:
        storage.put(name, encoded.content)
    remove_portion(client, portion, encoded.unreadable)
    return parse_name(name)


def remove_old_files(client: redis.Redis, storage: Storage, days: int, now_ms: int) -> int:
    """Remove files whose day ended more than `days` days ago; return how many. Raise ArchiveError or RedisAway.

    Only relay's own files are removed, and none with 0 days.
    """
    if not days:
        return 0
    oldest_ms = first_kept_ms(now_ms, days)
    old = [file.path for file in files_of(storage) if file.hour_ms < oldest_ms]
    storage.delete(old)
    if old:
        move_since(client, oldest_ms)
    return len(old)


def files_of(storage: Storage) -> list[ArchiveFile]:
    """Return relay's files in the archive, oldest first. Raise ArchiveError."""
    found = (parse_name(stored.path, stored.size) for stored in storage.list())
    return sorted((file for file in found if file), key=lambda file: (file.hour_ms, file.path))


def try_to_write(storage: Storage) -> None:
    """Write a small file and remove it, with all packages that real files need. Raise ArchiveError."""
    arrow_packages()
    storage.put(_PROBE, b"relay check wrote this file to try whether it can.\n")
    storage.delete([_PROBE])
