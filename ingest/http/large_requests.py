"""Limit large requests: their bodies share a budget of bytes, and two threads beside the event loop sort them.

Small requests never wait for large ones: they are read at once and sorted on the event loop.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

from ingest.answers import UNAVAILABLE, RequestRefused

THREADS: Final = 2
BEGIN_WITHIN_S: Final = 1.5
"""A request whose sorting has not begun by then is refused, so that 503 comes within the promised 3 s."""
MOST_READING_BYTES: Final = 64 * 1024 * 1024
MOST_WORKING_BYTES: Final = 32 * 1024 * 1024
_BUSY: Final = "Too many large requests at once; send it again."

T = TypeVar("T")


class BodyBudget:
    """A budget for bodies that arrive in parts: beyond it, the request that began first is refused."""

    def __init__(self, most: int = MOST_READING_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._reading: OrderedDict[asyncio.Timeout, int] = OrderedDict()

    def begin(self, timeout: asyncio.Timeout) -> None:
        """Add a body; expiring its timeout ends the reading of it."""
        self._reading[timeout] = 0

    def add(self, timeout: asyncio.Timeout, size: int) -> None:
        """Count `size` more bytes of a body. Raise RequestRefused if it was refused, or exceeds the budget alone."""
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
        """Remove a body; return False if it was refused for others before."""
        size = self._reading.pop(timeout, None)
        self._bytes -= size or 0
        return size is not None


class SideThreads:
    """Threads for work that takes too long for the event loop; one input uses at most half of the budget of bytes."""

    def __init__(self, most_bytes: int = MOST_WORKING_BYTES) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "large-requests")
        self._free_threads = asyncio.Semaphore(THREADS)
        self._most = most_bytes
        self._bytes: Counter[str] = Counter()

    async def run(self, input_id: str, size: int, work: Callable[[], T]) -> T:
        """Return the result of `work`, for a request of `size` bytes. Raise RequestRefused if no thread is free."""
        of_input, of_all = self._bytes[input_id], self._bytes.total()
        if (of_input and of_input + size > self._most // 2) or (of_all and of_all + size > self._most):
            raise too_many()
        self._bytes[input_id] += size
        try:
            await self._wait_for_thread()
            try:
                return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            finally:
                self._free_threads.release()
        finally:
            self._bytes[input_id] -= size

    async def _wait_for_thread(self) -> None:
        try:
            async with asyncio.timeout(BEGIN_WITHIN_S):
                await self._free_threads.acquire()
        except TimeoutError:
            raise too_many() from None


class LargeRequests(NamedTuple):
    """What all routes that take large requests share."""

    bodies: BodyBudget
    threads: SideThreads

    @classmethod
    def of(cls, largest_request: int) -> "LargeRequests":
        """Return budgets that have room for four of the largest requests."""
        return cls(
            BodyBudget(max(MOST_READING_BYTES, 4 * largest_request)),
            SideThreads(max(MOST_WORKING_BYTES, 4 * largest_request)),
        )


def too_many() -> RequestRefused:
    """Return the refusal of a large request beside too many others."""
    return RequestRefused(UNAVAILABLE, _BUSY)
