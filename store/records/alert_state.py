"""What the process that sends alerts remembers between its rounds; kept in Redis, so that another can continue."""

from typing import Final

import redis

from store.reading import read_together
from store.scripts import Scripts

NOTES: Final = "alerts:notes"
"""A hash: the note of each connection, and those under the names below."""
CLOCKS: Final = ":clocks"
DURABILITY: Final = ":durability"
ARCHIVE: Final = ":archive"
DRIFT: Final = ":drift"
DRIFT_ALERTS: Final = ":drift_alerts"
"""The names of the notes on clocks, on what a 202 means, on the archive, on what stopped or changed, and on what of it
was alerted; no connection has such an id."""


class AlertState:
    """The notes. Every method raises RedisAway; all work at maxmemory."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._scripts = client, Scripts(client)

    def note_of(self, name: str) -> bytes:
        """Return the note under a name; empty when there is none."""
        [note] = read_together(self._client, [("HGET", NOTES, name)]).replies
        return note or b""

    def keep(self, name: str, read: bytes, note: bytes) -> bool:
        """Replace the note that was read; return False, and change nothing, when another process replaced it since."""
        return bool(self._scripts.call("replace_note", name, read, note))
