"""Read Redis's memory about every second, so that ingest refuses requests before Redis must."""

from contextlib import suppress
from typing import Final

import redis.asyncio
import structlog
from redis.exceptions import NoPermissionError, RedisError

from lanes.appends.arrivals import Append
from operations.alerts.outage import Outage, as_fields
from store.client import connect
from store.diagnosis.probe import AsyncProbe, permission_trouble
from store.diagnosis.trouble import UNUSABLE, diagnose
from store.records.profiles import budget_of
from store.server import UNKNOWN_MEMORY, MemoryUse, memory_of

INTERVAL_S: Final = 1.0
FULL_AT: Final = 0.9
LIMIT_UNKNOWN: Final = (
    "Redis does not report its memory or its limit, so batches are refused (429) only once it is full"
)
ALLOW_INFO: Final = "permit INFO (ACL SETUSER ... +info), or watch the server's memory with its provider's tools"

log = structlog.get_logger("relay.ingest")


def log_missing_permissions(redis_url: str) -> None:
    """Log which permissions relay's user lacks in Redis; a Redis that does not answer is logged elsewhere."""
    with connect(redis_url) as client, suppress(RedisError, OSError):
        trouble = permission_trouble(client)
        if trouble is not None:
            log.warning("redis_permissions_missing", **as_fields(trouble))


class RedisMemoryMonitor:
    """Knows whether Redis is so full that ingest must refuse batches: workers need room to write, too.

    While Redis does not answer, `is_full` is False: an append then says better what is wrong.
    """

    def __init__(self, client: redis.asyncio.Redis, append: Append, outage: Outage, probe: AsyncProbe) -> None:
        """`append` gets its bounds: one connection may keep half of Redis's limit waiting, if there is one."""
        self._client, self._probe = client, probe
        self._append, self._outage = append, outage
        self.is_full = False
        self.limit_unknown = False

    @property
    def usable(self) -> bool:
        """Whether Redis could be used at the last reading."""
        return self._outage.trouble is None

    async def read(self) -> None:
        """Read the memory now; while Redis could not be used, also test whether it can be used again."""
        try:
            use = memory_of(await self._client.info("memory"))
        except NoPermissionError:
            use = UNKNOWN_MEMORY
        except UNUSABLE as error:
            self.is_full = False
            self._outage.begin(diagnose(error))
            return
        self._judge(use)
        if self._outage.trouble or not self._outage.ever_worked:
            trouble = await self._probe.trouble()
            if trouble is None or trouble.code == "oom":  # requests get 429 then, and appends say why
                self._outage.end()
            else:
                self._outage.begin(trouble)

    def _judge(self, use: MemoryUse) -> None:
        unknown = use.used is None or use.limit is None
        if unknown and not self.limit_unknown:
            log.warning("redis_memory_unknown", problem=LIMIT_UNKNOWN, what_to_do=ALLOW_INFO)
        self.limit_unknown = unknown
        used, most = use.used or 0, use.limit or 0
        self.is_full = most > 0 and used > FULL_AT * most
        self._append.max_backlog_bytes = most // 2
        self._append.max_profile_bytes = budget_of(self._append.profiles_setting, most)
