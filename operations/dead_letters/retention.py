"""Apply `dead_letter_retention`: find expired dead letters, and warn before others expire."""

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

import redis

from config.model import Configuration, Connection
from delivery.dead_letter import dead_lettered_at_ms
from lanes.dead_letters import dead_letter_ids_page
from operations.format import duration, plural

WARNED_S: Final = 7 * 86_400
"""How long before its removal a dead letter is counted in the warning."""


class RetentionSplit(NamedTuple):
    """The ids of expired dead letters, and how many others expire within seven days."""

    expired: list[str]
    soon: int


def split_by_retention(ids: Iterable[str], retention_s: int, now_ms: int) -> RetentionSplit:
    """Split dead letters by age. Their ids say when the events were dead-lettered."""
    expired, soon = [], 0
    for dead_letter_id in ids:
        died = dead_lettered_at_ms(dead_letter_id)
        left_s = retention_s if died is None else retention_s - (now_ms - died) / 1000
        if left_s <= 0:
            expired.append(dead_letter_id)
        elif left_s <= WARNED_S:
            soon += 1
    return RetentionSplit(expired, soon)


def count_expiring(client: redis.Redis, configuration: Configuration, now_ms: int) -> Counter[str]:
    """Count, for each connection, the dead letters that expire within seven days. Reads every id. Raise RedisAway."""
    soon: Counter[str] = Counter()
    for connection in configuration.connections.values():
        cursor = None
        while connection.dead_letter_retention_s is not None and cursor != 0:
            cursor, ids = dead_letter_ids_page(client, connection.id, cursor or 0)
            found = split_by_retention(ids, connection.dead_letter_retention_s, now_ms)
            soon[connection.id] += len(found.expired) + found.soon
    return +soon


def expiry_warning(connection: Connection, number: int) -> str:
    """Return `12 dead letters of shop will be removed within 7 days, 90 d after they were dead-lettered`."""
    kept = duration(connection.dead_letter_retention_s or 0)
    found = f"{plural(number, 'dead letter')} of {connection.id}"
    return f"{found} will be removed within 7 days, {kept} after they were dead-lettered"


def share_full_remedy(connection: str) -> str:
    """Return what to do about a connection whose dead letters fill their share of memory."""
    return (
        "its dead letters hold their share of Redis's memory: replay, or export and discard, some (relay dead-letters "
        f"count --connection {connection}), or raise maxmemory; delivery resumes below nine tenths of the share"
    )


def expiry_remedy(connection: Connection) -> str:
    """Return what to do about expiring dead letters."""
    name = connection.id
    return (
        f"replay them, or keep a copy (relay dead-letters export --connection {name}), "
        "or keep them longer with dead_letter_retention"
    )
