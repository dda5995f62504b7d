"""Redis's memory, read about every second, so that requests are refused before Redis has to."""

from typing import Final

import redis.asyncio
from redis.exceptions import RedisError

from lanes.arrivals import Append

INTERVAL_S: Final = 1.0
FULL_AT: Final = 0.9


class MemoryWatch:
    """Knows whether Redis is so full that what waits must go before more is taken: the workers need room to write, too.

    While Redis does not answer it is not held to be full: an append then says better what is wrong.
    """

    def __init__(self, client: redis.asyncio.Redis, append: Append) -> None:
        """`append` is told what one connection may keep waiting: half of Redis's limit, or anything without one."""
        self._client = client
        self._append = append
        self.is_full = False

    async def read(self) -> None:
        """Read it now."""
        try:
            info = await self._client.info("memory")
        except (RedisError, OSError):
            self.is_full = False
            return
        used, most = int(info["used_memory"]), int(info["maxmemory"])
        self.is_full = most > 0 and used > FULL_AT * most
        self._append.max_group_bytes = most // 2
