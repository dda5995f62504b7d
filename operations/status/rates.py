"""Events per second, in and out, over the last few seconds of readings."""

from collections import deque
from typing import Final, NamedTuple

from lanes.ledger import ENDED, RECEIVED, Reading, sum_of

WINDOW_MS: Final = 10_000


class Rate(NamedTuple):
    """Events a second that were received, and that ended in any way."""

    received: float
    ended: float


class Rates:
    """Compute each connection's rates from readings that are added one after another."""

    def __init__(self) -> None:
        self._readings: deque[tuple[int, dict[str, tuple[int, int]]]] = deque()

    def add(self, reading: Reading) -> None:
        """Add a reading; of those older than ten seconds only the newest is kept."""
        counts = {
            each.name: (sum_of(each.counts, RECEIVED), sum_of(each.counts, ENDED)) for each in reading.connections
        }
        self._readings.append((reading.now_ms, counts))
        while len(self._readings) > 2 and self._readings[1][0] <= reading.now_ms - WINDOW_MS:
            self._readings.popleft()

    def of(self, connection: str) -> Rate | None:
        """Return the connection's rates; None until there are two readings of it."""
        if not self._readings:
            return None
        (then, before), (now, after) = self._readings[0], self._readings[-1]
        if now <= then or connection not in before or connection not in after:
            return None
        received, ended = (
            (later - earlier) * 1000 / (now - then)
            for earlier, later in zip(before[connection], after[connection], strict=True)
        )
        return Rate(received, ended)
