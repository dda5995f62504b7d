"""Find the connections and inputs that Redis knows, also those that the configuration no longer names."""

from collections.abc import Sequence
from typing import Final, NamedTuple, cast

import redis

from store.diagnosis.trouble import translate_errors
from store.reading import read_together
from store.records.alert_state import NOTES

_INPUT_KEY: Final = "ledger:input:"


class Glance(NamedTuple):
    """A connection in short, for alerts.

    `state` and `by` are empty for a healthy one. `dead_lettered` only rises.
    `dead_letter_bytes` is what its dead letters hold.
    `note` is what the sender of alerts remembers of it.
    """

    connection: str
    state: str
    by: str
    dead_lettered: int
    note: bytes
    dead_letter_bytes: int = 0


def connections_known(client: redis.Redis) -> list[str]:
    """Return every connection that ever had anything in Redis, sorted by name. Raise RedisAway."""
    with translate_errors:
        return sorted(name.decode() for name in cast("set[bytes]", client.smembers("lanes:connections")))


def inputs_known(client: redis.Redis) -> list[str]:
    """Return every input that ever sent anything. Scans all keys, which are few per connection. Raise RedisAway."""
    with translate_errors:
        keys = client.scan_iter(match=f"{_INPUT_KEY}*", count=1_000)
        return sorted(key.decode().removeprefix(_INPUT_KEY) for key in set(keys))


def glance(client: redis.Redis) -> tuple[int, Sequence[Glance]]:
    """Return Redis's time, Unix ms, and every connection that it knows, at one instant. Raise RedisAway."""
    connections = connections_known(client)
    commands = [
        command
        for connection in connections
        for command in (
            ("HMGET", f"connection:{connection}", "state", "by", "dead_letter_bytes"),
            ("HGET", f"ledger:{connection}", "dead_lettered"),
            ("HGET", NOTES, connection),
        )
    ]
    now_ms, replies = read_together(client, commands)
    return now_ms, [
        Glance(connection, (state or b"").decode(), (by or b"").decode(), int(dead or 0), note or b"", int(held or 0))
        for connection, (state, by, held), dead, note in zip(
            connections, replies[::3], replies[1::3], replies[2::3], strict=True
        )
    ]
