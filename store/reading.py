"""Reading several things of Redis at one instant, also at maxmemory."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import redis
from redis.exceptions import RedisError

from lanes.scripts import pack, refusal, script_text


class Together(NamedTuple):
    """Redis's time at that instant, Unix ms, and the commands' replies in their order."""

    now_ms: int
    replies: list[Any]


def read_together(client: redis.Redis, commands: Sequence[Sequence[str]]) -> Together:
    """Run reading commands in one script. Raises RedisAway.

    A transaction would do as well, but Redis 6.2 refuses transactions at maxmemory.
    """
    try:
        now_ms, *replies = client.register_script(script_text("together"))(args=["", pack(list(commands))])
    except RedisError as error:
        raise refusal(error) from None
    return Together(int(now_ms), replies)
