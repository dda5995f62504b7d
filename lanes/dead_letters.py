"""The dead-letter store: opaque bytes by id, one hash for each connection; read, replay, replace, remove.

Each change moves a dead letter and counts it in one script, so the ledger balances at every instant. A command that was
interrupted can be repeated: a dead letter that is gone is left alone. Every function raises RedisAway.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, cast

import redis

from lanes.ledger import DEAD_LETTERS_REMOVED
from lanes.names import lane_name, random_lane
from lanes.scripts import lane_scripts
from lanes.settlement import NO_RECEIPTS, Receipts
from store.diagnosis.trouble import translate_errors
from store.reading import read_together
from store.scripts import pack

READ_AT_ONCE: Final = 200
READ_BYTES: Final = 4 * 1024 * 1024
"""The most bytes of dead letters that are read at once, unless one has more."""
_PAGE: Final = 500
_IDS_PAGE: Final = 2_000


class ReplayItem(NamedTuple):
    """A dead letter to replay: its id, its bytes as they were read, its event as an encoded chunk, and a receipt."""

    id: str
    read: bytes
    chunk: bytes
    receipt: Receipts = NO_RECEIPTS


def iterate_dead_letters(client: redis.Redis, connection: str) -> Iterator[tuple[str, bytes]]:
    """Yield (id, dead letter), a page at a time; each that stays in the store meanwhile comes exactly once."""
    cursor, seen = 0, set[str]()
    while True:
        cursor, page = dead_letter_ids_page(client, connection, cursor)
        ids = [each for each in dict.fromkeys(page) if each not in seen]  # a scan may repeat ids while the hash grows
        seen.update(ids)
        stored = read_dead_letters(client, [(connection, each) for each in ids])
        yield from ((each, content) for each, content in zip(ids, stored, strict=True) if content is not None)
        if cursor == 0:
            return


def read_dead_letter(client: redis.Redis, connection: str, dead_letter_id: str) -> bytes | None:
    """Return one dead letter; None when the connection has none of that id."""
    with translate_errors:
        return cast("bytes | None", client.hget(_key(connection), dead_letter_id))


def read_dead_letters(client: redis.Redis, wanted: Sequence[tuple[str, str]]) -> Iterator[bytes | None]:
    """Yield the dead letter of each (connection, id), in their order; None for each that is not there."""
    return _read_stored(client, [(_key(connection), dead_letter_id) for connection, dead_letter_id in wanted])


def shared_part(client: redis.Redis, connection: str, part_id: str) -> bytes | None:
    """Return the part that several dead letters share; None when no dead letter needs it any more."""
    with translate_errors:
        return cast("bytes | None", client.hget(f"{_key(connection)}:shared", part_id))


def shared_parts(client: redis.Redis, connection: str) -> Iterator[tuple[str, bytes]]:
    """Yield (id, part) of each part that dead letters of the connection share."""
    with translate_errors:
        ids = list(dict.fromkeys(part_id for part_id, _ in client.hscan_iter(f"{_key(connection)}:refs", count=_PAGE)))
    parts = _read_stored(client, [(f"{_key(connection)}:shared", part_id.decode()) for part_id in ids])
    yield from ((each.decode(), part) for each, part in zip(ids, parts, strict=True) if part is not None)


def replace_shared_part(client: redis.Redis, connection: str, part_id: str, read: bytes, new: bytes) -> bool:
    """Replace a shared part; return False, and change nothing, unless it is still as it was read."""
    packed = pack({"connection": connection, "id": part_id, "sha1": _sha1(read)})
    return bool(lane_scripts(client).call("replace_shared_part", packed, new))


def dead_letter_ids_page(
    client: redis.Redis, connection: str, cursor: int, about: int = _PAGE
) -> tuple[int, list[str]]:
    """Return the next cursor and about `about` ids. Start with cursor 0; a next cursor of 0 is the end.

    An id that stays in the store meanwhile is in at least one page.
    """
    with translate_errors:  # labels are small, and there is one for each dead letter
        scanned = client.hscan(f"{_key(connection)}:labels", cursor, count=about)
    following, page = cast("tuple[int, dict[bytes, bytes]]", scanned)
    return following, [dead_letter_id.decode() for dead_letter_id in page]


def dead_letter_ids(client: redis.Redis, connection: str) -> list[str]:
    """Return the ids of all dead letters of a connection, sorted, which is oldest first. Reads them in pages."""
    cursor, page = dead_letter_ids_page(client, connection, 0, _IDS_PAGE)
    ids = set(page)
    while cursor:
        cursor, page = dead_letter_ids_page(client, connection, cursor, _IDS_PAGE)
        ids.update(page)
    return sorted(ids)


def dead_letter_versions(client: redis.Redis, connections: Sequence[str]) -> list[tuple[bytes | None, ...]]:
    """Return, for each connection, a value that changes whenever a dead letter comes or goes, and only then."""
    counters = ("dead_lettered", *DEAD_LETTERS_REMOVED)
    read = read_together(client, [("HMGET", f"ledger:{connection}", *counters) for connection in connections])
    return [tuple(counts) for counts in read.replies]


def count_dead_letters(client: redis.Redis, connection: str) -> int:
    """Return the number of dead letters of a connection."""
    with translate_errors:
        return client.hlen(_key(connection))


def replay_dead_letters(
    client: redis.Redis,
    connection: str,
    items: Sequence[ReplayItem],
    now_ms: int | None = None,
    choose_lane: Callable[[], int] = random_lane,
) -> list[str]:
    """Append the events to the connection's lanes and remove their dead letters, in one script.

    Return the ids of those that were still as they were read; the others are left alone. Pass at most a few hundred
    items and 4 MiB at a time. Works at maxmemory. After RedisAway it may or may not be done: repeat it.
    """
    described = [
        {"id": item.id, "sha1": _sha1(item.read), "lane": lane_name(connection, choose_lane())} for item in items
    ]
    receipts = _described([item.receipt for item in items])
    packed = pack({"connection": connection, "dead_letters": described, "receipts": receipts})
    blobs = [*(item.chunk for item in items), *(item.receipt.content for item in items)]
    return _ids(lane_scripts(client).call("replay", packed, *blobs, now_ms=now_ms))


def remove_dead_letters(
    client: redis.Redis,
    connection: str,
    ids: Sequence[str],
    counter: Literal["dead_letters_discarded", "dead_letters_erased"] = "dead_letters_discarded",
    receipts: Sequence[Receipts] = (),
) -> list[str]:
    """Remove dead letters for good and count them; return the ids of those that were there. Works at maxmemory.

    `receipts` has one receipt for each id, or is empty.
    """
    packed = pack({"connection": connection, "ids": list(ids), "counter": counter, "receipts": _described(receipts)})
    return _ids(lane_scripts(client).call("remove_dead_letters", packed, *(receipt.content for receipt in receipts)))


def replace_dead_letter(
    client: redis.Redis, connection: str, dead_letter_id: str, read: bytes, new: bytes, *, whole: bool = False
) -> bool:
    """Replace a dead letter; return False, and change nothing, unless it is still as it was read.

    `whole`: the new one needs no shared part any more.
    """
    packed = pack({"connection": connection, "id": dead_letter_id, "sha1": _sha1(read), "whole": whole})
    return bool(lane_scripts(client).call("replace_dead_letter", packed, new))


def _read_stored(client: redis.Redis, wanted: Sequence[tuple[str, str]]) -> Iterator[bytes | None]:
    """Yield the value of each (hash, field), None for one that is not there; READ_BYTES are read at once, or one."""
    scripts, at = lane_scripts(client), 0
    while at < len(wanted):
        some = wanted[at : at + READ_AT_ONCE]
        found = scripts.call("read_stored", pack({"most_bytes": READ_BYTES, "wanted": some}))
        yield from found
        at += len(found)


def _described(receipts: Sequence[Receipts]) -> dict[str, int]:
    """Return what the script needs of each of these receipts; where one is missing, none is written."""
    return min(receipts, key=lambda receipt: receipt.number, default=NO_RECEIPTS).described()


def _ids(answer: list[bytes]) -> list[str]:
    return [dead_letter_id.decode() for dead_letter_id in answer]


def _sha1(content: bytes) -> str:
    """Return the digest that the scripts compare instead of the bytes that were read."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _key(connection: str) -> str:
    return f"dead_letters:{connection}"
