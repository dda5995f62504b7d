"""How long dead letters are kept: which are past it, and of how many the end is near."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import redis

from config.model import Configuration, Connection
from delivery.dead_letter import dead_lettered_at_ms
from lanes.dead_letters import ids_page
from operations.format import duration, plural

WARNED_S: Final = 7 * 86_400
"""So long before a letter is removed it is told."""


class RetentionSplit(NamedTuple):
    """Of some letters: the ids of those past their time, and how many will be within seven days."""

    past: list[str]
    soon: int


def split_by_retention(ids: Iterable[str], retention_s: int, now_ms: int) -> RetentionSplit:
    """Sort letters by their ids, which say when their events died."""
    past, soon = [], 0
    for letter_id in ids:
        died = dead_lettered_at_ms(letter_id)
        left_s = retention_s if died is None else retention_s - (now_ms - died) / 1000
        if left_s <= 0:
            past.append(letter_id)
        elif left_s <= WARNED_S:
            soon += 1
    return RetentionSplit(past, soon)


def count_expiring(client: redis.Redis, configuration: Configuration, now_ms: int) -> Counter[str]:
    """How many letters of each connection will be removed within seven days. Reads every id. Raises RedisAway."""
    soon: Counter[str] = Counter()
    for connection in configuration.connections.values():
        cursor = None
        while connection.dead_letter_retention_s is not None and cursor != 0:
            cursor, ids = ids_page(client, connection.id, cursor or 0)
            found = split_by_retention(ids, connection.dead_letter_retention_s, now_ms)
            soon[connection.id] += len(found.past) + found.soon
    return +soon


def expiry_warning(connection: Connection, letters: int) -> str:
    """`12 dead letters of shop will be removed within 7 days, 90 d after their events died`."""
    kept = duration(connection.dead_letter_retention_s or 0)
    return f"{plural(letters, 'dead letter')} of {connection.id} will be removed within 7 days, {kept} after they died"


def share_full_remedy(connection: str) -> str:
    """Return what to do where a connection is paused because its dead letters hold their share of memory."""
    return (
        "its dead letters hold their share of Redis's memory: replay, or export and discard, some (relay dead-letters "
        f"count --connection {connection}), or raise maxmemory; it goes on by itself below nine tenths of the share"
    )


def expiry_remedy(connection: Connection) -> str:
    """What to do about it."""
    name = connection.id
    return (
        f"replay them, or keep a copy (relay dead-letters export --connection {name}), "
        "or keep them longer with dead_letter_retention"
    )
