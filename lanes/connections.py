"""Which groups and inputs Redis knows, for when nobody can say which there ought to be."""

from typing import Final, cast

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal

_INPUT_KEY: Final = "books:input:"


def groups_known(client: redis.Redis) -> list[str]:
    """Every group that ever had anything, in the order of their names. Raises RedisAway."""
    try:
        return sorted(name.decode() for name in cast("set[bytes]", client.smembers("lanes:groups")))
    except RedisError as error:
        raise refusal(error) from None


def inputs_known(client: redis.Redis) -> list[str]:
    """Every input that ever sent anything. It scans all keys, which are few per connection. Raises RedisAway."""
    try:
        keys = client.scan_iter(match=f"{_INPUT_KEY}*", count=1_000)
        return sorted(key.decode().removeprefix(_INPUT_KEY) for key in set(keys))
    except RedisError as error:
        raise refusal(error) from None
