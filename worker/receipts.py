"""Merge receipts into blocks within their budget; without a budget, remove them."""

from contextlib import suppress
from typing import Final

import redis

from lanes.receipts.blocks import merge_receipts, receipts_kept, trim_receipts
from store.client import connect
from store.errors import RedisFull
from store.leader_lock import is_first
from worker.runtime import Runtime

MERGE_EVERY_S: Final = 5.0
_TURN_S: Final = 4


class ReceiptMerger:
    """Merges receipts on a connection of its own. Each step is atomic in Redis, so several workers may do so."""

    def __init__(self, redis_url: str) -> None:
        self._client: redis.Redis = connect(redis_url)

    def step(self, runtime: Runtime) -> None:
        """Merge while there are enough receipts for a block. Raise RedisAway."""
        budget = runtime.receipts.budget
        if not budget:
            if receipts_kept(self._client).since_ms is not None:
                trim_receipts(self._client, 0)
            return
        if self._is_my_turn():
            while merge_receipts(self._client, budget) and not runtime.stopping.is_set():
                pass

    def _is_my_turn(self) -> bool:
        """Return whether no other worker merges now. At maxmemory no turn can be taken, and merging frees memory."""
        with suppress(RedisFull):
            return is_first(self._client, "receipts", _TURN_S)
        return True
