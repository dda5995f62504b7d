"""Redis's clock, and who of many is the first to do something that is to be done once."""

from typing import Final

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal

_PREFIX: Final = "once:"


def now_ms(client: redis.Redis) -> int:
    """Redis's time, Unix milliseconds: what letters and chunks are dated by. Raises RedisAway."""
    try:
        seconds, micros = client.time()
    except RedisError as error:
        raise refusal(error) from None
    return int(seconds) * 1000 + int(micros) // 1000


def is_first(client: redis.Redis, what: str, for_s: int) -> bool:
    """Whether nobody else asked this of `what` within so many seconds. Raises RedisAway or RedisFull."""
    try:
        return bool(client.set(_PREFIX + what, 1, nx=True, ex=for_s))
    except RedisError as error:
        raise refusal(error) from None
