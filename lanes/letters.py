"""Dead letters as the lanes keep them: opaque bytes by id, a hash for each group; here they are only read."""

from collections.abc import Iterator
from typing import Final, cast

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal

_PAGE: Final = 500


def letters_of(client: redis.Redis, group: str) -> Iterator[tuple[str, bytes]]:
    """(id, letter) of each letter that is kept throughout, once, a page at a time. Raises RedisAway."""
    cursor, seen = 0, set[bytes]()
    while True:
        try:
            cursor, page = cast("tuple[int, dict[bytes, bytes]]", client.hscan(_key(group), cursor, count=_PAGE))
        except RedisError as error:
            raise refusal(error) from None
        for letter_id, letter in page.items():
            if letter_id not in seen:  # a scan may tell the same twice while the hash grows
                seen.add(letter_id)
                yield letter_id.decode(), letter
        if cursor == 0:
            return


def letter_of(client: redis.Redis, group: str, letter_id: str) -> bytes | None:
    """One letter; None when the group has none of that id. Raises RedisAway."""
    try:
        return cast("bytes | None", client.hget(_key(group), letter_id))
    except RedisError as error:
        raise refusal(error) from None


def count_letters(client: redis.Redis, group: str) -> int:
    """How many letters the group keeps. Raises RedisAway."""
    try:
        return client.hlen(_key(group))
    except RedisError as error:
        raise refusal(error) from None


def _key(group: str) -> str:
    return f"letters:{group}"
