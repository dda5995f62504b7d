"""Redis's memory, read about every second, so that requests are refused before Redis has to."""

from typing import Final, NamedTuple

import redis.asyncio
from redis.exceptions import RedisError

from lanes.arrivals import Append

INTERVAL_S: Final = 1.0
FULL_AT: Final = 0.9


class Memory(NamedTuple):
    """What Redis uses of what it may use, in bytes; `most` is 0 where there is no limit."""

    used: int = 0
    most: int = 0

    @property
    def is_full(self) -> bool:
        """So full that what waits must be delivered before more is taken: the workers need room to write, too."""
        return self.most > 0 and self.used > FULL_AT * self.most


class MemoryWatch:
    """Keeps the latest reading, which is empty while Redis does not answer: an append then says so better."""

    def __init__(self, client: redis.asyncio.Redis, append: Append) -> None:
        """`append` is told what one connection may keep waiting: half of the limit."""
        self._client = client
        self._append = append
        self.latest = Memory()

    async def read(self) -> None:
        """Read it now."""
        try:
            info = await self._client.info("memory")
        except (RedisError, OSError):
            self.latest = Memory(most=self.latest.most)
        else:
            self.latest = Memory(int(info["used_memory"]), int(info["maxmemory"]))
            self._append.max_group_bytes = self.latest.most // 2
