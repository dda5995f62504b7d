"""A process that writes the archive, to be killed: it prints what it has just done, and waits at one point.

Arguments: the URL of Redis, the URL of the archive, the most bytes of a portion, and where to stop: `put` before each
file, `written` after each file and before its portion is removed, or `never`.
"""

import sys
import time

import lanes.receipts.archive
from operations.archive.storage import Storage
from operations.archive.write import write_next
from store.client import connect


class StoppingStorage(Storage):
    """Stops before or after it has written a file, until the process is killed."""

    def __init__(self, url: str, stop_at: str) -> None:
        super().__init__(url)
        self._stop_at = stop_at

    def put(self, path: str, content: bytes) -> None:
        """Write the file, and say so."""
        self._say("put")
        super().put(path, content)
        self._say("written")

    def _say(self, what: str) -> None:
        print(what, flush=True)
        if what == self._stop_at:
            time.sleep(600)


def main(redis_url: str, archive_url: str, most_bytes: str, stop_at: str) -> None:
    """Write until nothing is left."""
    lanes.receipts.archive.MOST_PORTION_BYTES = int(most_bytes)  # type: ignore[misc]
    storage = StoppingStorage(archive_url, stop_at)
    with connect(redis_url) as client:
        while write_next(client, storage, 64 << 20):
            pass
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
