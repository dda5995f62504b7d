"""Dead letters as the lanes keep them: opaque bytes by id, a hash for each group; read, sent again, mended, discarded.

What is done to a letter moves it and counts it in one script, so the books hold at every instant, and a command that
was cut off may simply be given again: a letter that has gone is left alone.
"""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, cast

import redis

from lanes.names import LANES_PER_CONNECTION, lane_name
from lanes.scripts import lane_scripts
from store.reading import read_together
from store.scripts import pack
from store.trouble import translate_errors

_PAGE: Final = 500
_IDS_PAGE: Final = 2_000
_MOVES: Final = ("dead", "replayed", "discarded", "forgotten_letters")
"""The books' counters of letters: each rises in the script that moves some."""


class ReplayItem(NamedTuple):
    """A letter on its way back: its id, its bytes as they were read, and its source as a sealed chunk."""

    id: str
    read: bytes
    chunk: bytes


def letters_of(client: redis.Redis, group: str) -> Iterator[tuple[str, bytes]]:
    """(id, letter) of each letter that is kept throughout, once, a page at a time. Raises RedisAway."""
    cursor, seen = 0, set[bytes]()
    while True:
        with translate_errors:
            cursor, page = cast("tuple[int, dict[bytes, bytes]]", client.hscan(_key(group), cursor, count=_PAGE))
        for letter_id, letter in page.items():
            if letter_id not in seen:  # a scan may tell the same twice while the hash grows
                seen.add(letter_id)
                yield letter_id.decode(), letter
        if cursor == 0:
            return


def letter_of(client: redis.Redis, group: str, letter_id: str) -> bytes | None:
    """One letter; None when the group has none of that id. Raises RedisAway."""
    with translate_errors:
        return cast("bytes | None", client.hget(_key(group), letter_id))


def some_letters(client: redis.Redis, group: str, ids: Sequence[str]) -> list[bytes | None]:
    """Letters by their ids, in that order; None for those that are not there. Raises RedisAway."""
    with translate_errors:
        return cast("list[bytes | None]", client.hmget(_key(group), list(ids)) if ids else [])


def shared_part(client: redis.Redis, group: str, part_id: str) -> bytes | None:
    """Return what the letters of that part's id share; None when no letter needs it any more. Raises RedisAway."""
    with translate_errors:
        return cast("bytes | None", client.hget(f"{_key(group)}:shared", part_id))


def shared_parts(client: redis.Redis, group: str) -> Iterator[tuple[str, bytes]]:
    """Yield each shared part of a group's letters, and its id. Raises RedisAway."""
    with translate_errors:
        for part_id, part in client.hscan_iter(f"{_key(group)}:shared", count=_PAGE):
            yield part_id.decode(), part


def amend_part(client: redis.Redis, group: str, part_id: str, read: bytes, amended: bytes) -> bool:
    """Put `amended` in the place of a shared part; False, and nothing done, unless it still is as it was read."""
    packed = pack({"group": group, "id": part_id, "sha1": _sha1(read)})
    return bool(lane_scripts(client).call("amend_part", packed, amended))


def ids_page(client: redis.Redis, group: str, cursor: int, about: int = _PAGE) -> tuple[int, list[str]]:
    """Some ids of letters, from a cursor on (0 at first), and the next cursor (0 at the end). Raises RedisAway.

    Of a walk over all pages, an id that is kept throughout is in one at least.
    """
    with translate_errors:  # the labels are small, and there is one for each letter
        scanned = client.hscan(f"{_key(group)}:labels", cursor, count=about)
    following, page = cast("tuple[int, dict[bytes, bytes]]", scanned)
    return following, [letter_id.decode() for letter_id in page]


def letter_ids(client: redis.Redis, group: str) -> list[str]:
    """The ids of all letters of a group, without keeping Redis from others; later ids sort behind earlier ones.

    Raises RedisAway.
    """
    cursor, page = ids_page(client, group, 0, _IDS_PAGE)
    ids = set(page)
    while cursor:
        cursor, page = ids_page(client, group, cursor, _IDS_PAGE)
        ids.update(page)
    return sorted(ids)


def letters_moved(client: redis.Redis, groups: Sequence[str]) -> list[tuple[bytes | None, ...]]:
    """For each group what changes whenever a letter comes or goes, and only then. Raises RedisAway."""
    read = read_together(client, [("HMGET", f"books:{group}", *_MOVES) for group in groups])
    return [tuple(counts) for counts in read.replies]


def count_letters(client: redis.Redis, group: str) -> int:
    """How many letters the group keeps. Raises RedisAway."""
    with translate_errors:
        return client.hlen(_key(group))


def replay_letters(
    client: redis.Redis,
    group: str,
    letters: Sequence[ReplayItem],
    now_ms: int | None = None,
    choose_lane: Callable[[], int] = lambda: random.randrange(LANES_PER_CONNECTION),  # noqa: S311 - spreads load, keeps no secret
) -> list[str]:
    """Append the sources to the group's lanes and drop the letters; the ids of those still there as they were read.

    All in one script: give it at most a few hundred letters, and 4 MiB, at a time. Works at maxmemory.
    Raises RedisAway, which leaves open whether it was done: done again, it does the rest.
    """
    described = [
        {"id": letter.id, "sha1": _sha1(letter.read), "lane": lane_name(group, choose_lane())} for letter in letters
    ]
    packed = pack({"group": group, "letters": described})
    return _ids(lane_scripts(client).call("replay", packed, *(letter.chunk for letter in letters), now_ms=now_ms))


def discard_letters(
    client: redis.Redis,
    group: str,
    ids: Sequence[str],
    ends_as: Literal["discarded", "forgotten_letters"] = "discarded",
) -> list[str]:
    """Remove the letters for good; the ids of those that were still there. Works at maxmemory. Raises RedisAway."""
    return _ids(lane_scripts(client).call("discard", pack({"group": group, "ids": list(ids), "as": ends_as})))


def amend_letter(
    client: redis.Redis, group: str, letter_id: str, read: bytes, amended: bytes, *, whole: bool = False
) -> bool:
    """Put `amended` in the place of the letter; False, and nothing done, unless it still is as it was read.

    `whole`: the amended letter needs nothing of what it shared before.
    """
    packed = pack({"group": group, "id": letter_id, "sha1": _sha1(read), "whole": whole})
    return bool(lane_scripts(client).call("amend", packed, amended))


def _ids(answer: list[bytes]) -> list[str]:
    return [letter_id.decode() for letter_id in answer]


def _sha1(letter: bytes) -> str:
    """What the scripts compare: they are told what was read without being sent it."""
    return hashlib.sha1(letter, usedforsecurity=False).hexdigest()


def _key(group: str) -> str:
    return f"letters:{group}"
