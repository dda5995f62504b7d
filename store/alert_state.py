"""Watching the groups from outside: one watcher at a time, any of the processes; what it remembers is in Redis."""

import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import RedisError

from lanes.connections import groups_known
from lanes.scripts import refusal, script_text
from store.reading import read_together

TURN_MS: Final = 30_000
CLOCKS: Final = ":clocks"
"""Where a note on clocks is kept, beside those on groups; no group has such a name."""


class Seen(NamedTuple):
    """One group at a glance. `state`, `by`: empty for a healthy one; `dead` only rises; `note` is the watcher's.

    `letter_bytes`: what its dead letters hold.
    """

    group: str
    state: str
    by: str
    dead: int
    note: bytes
    letter_bytes: int = 0


class Watch:
    """One process's part in watching. Every method raises RedisAway; all work at maxmemory."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._turn = client.register_script(script_text("turn"))
        self._note = client.register_script(script_text("note"))
        self._token = secrets.token_hex(16)

    def take_turn(self) -> bool:
        """Whether it is this process's turn now; if so it stays so for 30 s, or until it is given up."""
        return bool(self._run(self._turn, self._token, TURN_MS))

    def give_up_turn(self) -> None:
        """Let another go on at once."""
        self._run(self._turn, self._token, 0)

    def look(self) -> tuple[int, Sequence[Seen]]:
        """Redis's time, and every group it knows."""
        groups = groups_known(self._client)
        asked = [
            command
            for group in groups
            for command in (
                ("HMGET", f"group:{group}", "state", "by", "letter_bytes"),
                ("HGET", f"books:{group}", "dead"),
                ("HGET", "watch:notes", group),
            )
        ]
        now_ms, read = read_together(self._client, asked)
        seen = [
            Seen(group, (state or b"").decode(), (by or b"").decode(), int(dead or 0), note or b"", int(held or 0))
            for group, (state, by, held), dead, note in zip(groups, read[::3], read[1::3], read[2::3], strict=True)
        ]
        return now_ms, seen

    def note_of(self, name: str) -> bytes:
        """Return what the watcher remembers under a name that is no group's."""
        [note] = read_together(self._client, [("HGET", "watch:notes", name)]).replies
        return note or b""

    def keep(self, group: str, read: bytes, note: bytes) -> bool:
        """Remember `note` of the group; False, and nothing kept, when another watcher wrote there since it was read."""
        return bool(self._run(self._note, group, read, note))

    def _run(self, script: Any, *arguments: bytes | str | int) -> Any:
        try:
            return script(args=["", *arguments])
        except RedisError as error:
            raise refusal(error) from None
