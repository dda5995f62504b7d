"""An archive of receipts, read as a shop would, and a worker that writes to one."""

import hashlib
import io
import struct
from collections import Counter
from typing import Any

import pyarrow.parquet
import redis
from support.bench import Bench

from operations.archive.storage import Storage
from operations.archive.write import files_of, write_next
from worker.archive import Archiver

HOUR_MS = 3_600_000


def sha256(event_id: str) -> str:
    """Return the archive's id of an event."""
    return hashlib.sha256(event_id.encode()).hexdigest()


def rows_of(storage: Storage) -> list[dict[str, Any]]:
    """Return every row of every file, oldest files first. A file that is not whole raises."""
    files = [storage.get(file.path) for file in files_of(storage)]
    return [row for file in files for row in pyarrow.parquet.read_table(io.BytesIO(file)).to_pylist()]


def make_older(client: redis.Redis, hours: int = 1) -> None:
    """Date what waits for the archive this number of hours earlier, as if these had passed."""
    pieces = client.lrange("archive:pieces", 0, -1)
    for place, piece in enumerate(pieces):
        [at_ms] = struct.unpack_from(">Q", piece)
        client.lset("archive:pieces", place, struct.pack(">Q", at_ms - hours * HOUR_MS) + piece[8:])


def all_archived(client: redis.Redis, url: str) -> Counter[str | None]:
    """Write everything that waits, and return the ids of all rows of the archive. No other process may write now."""
    storage = Storage(url)
    make_older(client)
    while write_next(client, storage, 64 << 20):
        pass
    return Counter(row["event_id_sha256"] for row in rows_of(storage))


class ArchiveBench(Bench):
    """A worker's runtime with an archive, and the archive's writer."""

    @property
    def storage(self) -> Storage:
        """The archive."""
        return Storage(self.runtime.settings.archive or "")

    def write(self, hours: int = 1) -> None:
        """Write what waits, as if this number of hours had passed."""
        make_older(self.redis, hours)
        archiver = Archiver(self.url)
        archiver.step(self.runtime)
        archiver._leader.release()

    def rows(self) -> list[dict[str, Any]]:
        """Return every row of the archive."""
        return rows_of(self.storage)
