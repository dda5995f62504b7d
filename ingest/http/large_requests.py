"""Large requests: their bodies within a budget of bytes, their work in two threads beside the event loop.

Small requests never wait for large ones: they are read at once and sorted on the loop.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from ingest.answers import UNAVAILABLE, RequestRefused

THREADS: Final = 2
BEGIN_WITHIN_S: Final = 1.5
"""A request whose work has not begun by then is refused, so that 503 comes within the 3 s that are promised."""
MOST_READING_BYTES: Final = 64 * 1024 * 1024
MOST_WORKING_BYTES: Final = 32 * 1024 * 1024
_BUSY: Final = "Too many large requests at once; send it again."

T = TypeVar("T")


class BodyBudget:
    """The bodies that come in parts, within a budget: beyond it the one that began first gives way."""

    def __init__(self, most: int = MOST_READING_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._reading: OrderedDict[asyncio.Timeout, int] = OrderedDict()

    def begin(self, timeout: asyncio.Timeout) -> None:
        """A body comes; its reader is ended through its timeout."""
        self._reading[timeout] = 0

    def add(self, timeout: asyncio.Timeout, size: int) -> None:
        """More of it has come. Refused when it alone is too much."""
        if timeout not in self._reading:
            raise too_many()
        self._reading[timeout] += size
        self._bytes += size
        while self._bytes > self._most:
            first = next(iter(self._reading))
            self.end(first)
            if first is timeout:
                raise too_many()
            first.reschedule(asyncio.get_running_loop().time())

    def end(self, timeout: asyncio.Timeout) -> bool:
        """It has been read, or is read no more; False when it had given way to others."""
        size = self._reading.pop(timeout, None)
        self._bytes -= size or 0
        return size is not None


class SideThreads:
    """Work that takes too long for the event loop; one input's requests leave room for others'."""

    def __init__(self, most_bytes: int = MOST_WORKING_BYTES) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "large-requests")
        self._turns = asyncio.Semaphore(THREADS)
        self._most = most_bytes
        self._bytes: Counter[str] = Counter()

    async def run(self, input_id: str, size: int, work: Callable[[], T]) -> T:
        """What `work` returns, for a request of `size` bytes; Refused when its turn does not come soon."""
        mine, all_of_them = self._bytes[input_id], self._bytes.total()
        if (mine and mine + size > self._most // 2) or (all_of_them and all_of_them + size > self._most):
            raise too_many()
        self._bytes[input_id] += size
        try:
            await self._wait_for_turn()
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            finally:
                self._turns.release()
        finally:
            self._bytes[input_id] -= size

    async def _wait_for_turn(self) -> None:
        try:
            async with asyncio.timeout(BEGIN_WITHIN_S):
                await self._turns.acquire()
        except TimeoutError:
            raise too_many() from None


def too_many() -> RequestRefused:
    """The refusal of a large request beside too many others."""
    return RequestRefused(UNAVAILABLE, _BUSY)
