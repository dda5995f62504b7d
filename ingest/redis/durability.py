"""Know what a 202 means now, for readiness and metrics; log when it is less than RELAY_DURABILITY."""

from contextlib import suppress
from typing import Final

import structlog

from config.settings import Settings
from store.client import connect
from store.errors import RedisAway
from store.replication.durability import Durability, read_durability

INTERVAL_S: Final = 10.0

log = structlog.get_logger("relay.ingest")


class DurabilityMonitor:
    """Reads, in a thread, what a 202 means. Ingest serves requests even if that is too little: an outage is worse."""

    def __init__(self, settings: Settings, redis_url: str) -> None:
        self._client = connect(redis_url)
        self._replicas, self._wanted = settings.replicas, settings.durability
        self.found: Durability | None = None

    @property
    def meaning(self) -> dict[str, str]:
        """Return the field that readiness shows; no field before Redis has answered."""
        return {} if self.found is None else {"a_202_means": self.found.meaning}

    def close(self) -> None:
        """Close the connection to Redis."""
        self._client.close()

    def read(self) -> None:
        """Read what a 202 means now; while Redis is away, keep the last reading."""
        with suppress(RedisAway):
            found, former = read_durability(self._client, self._replicas, self._wanted), self.found
            self.found = found
            is_low = self._wanted is not None and not found.is_enough(self._wanted)
            if is_low and (former is None or former.level != found.level):
                log.error("durability_too_low", means=found.meaning, wanted=self._wanted)
