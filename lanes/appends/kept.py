"""Remember the appends that Redis confirmed in the last half minute, so that they can be made again after a failover.

A replica that takes over may lack the last of them. Each append of a process has a number, and Redis keeps the number
of the last one; so a process sees that Redis has gone back, and which appends are missing.
"""

import secrets
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from lanes.appends.contents import AppendContents

KEEP_S: Final = 30.0
"""A failover has ended by then; see `failover-timeout` in docs/two-disks.md."""
MOST_KEPT_BYTES: Final = 64 * 1024 * 1024
COMPARE_FOR_S: Final = 12 * 3600.0
"""Redis keeps the number for a day; an older one is compared with nothing, because it may have expired."""


class KeptAppend(NamedTuple):
    """One append that Redis confirmed, and when it did, on this process's monotonic clock."""

    number: int
    contents: AppendContents
    confirmed_s: float


class KeptAppends:
    """The appends of one process, in the order of their numbers."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.process = secrets.token_hex(8)
        self.confirmed = 0
        """The number of the last confirmed append."""
        self.dropped = 0
        """The number of the last confirmed append that is not kept any more."""
        self._number = 0
        self._bytes = 0
        self._confirmed_s = 0.0
        self._monotonic = monotonic
        self._kept: deque[KeptAppend] = deque()

    def next_number(self) -> int:
        """Return the number of the next append, whether it succeeds or not."""
        self._number += 1
        return self._number

    @property
    def must_be_there(self) -> int:
        """The number that Redis must have reached; 0 when the last append is too long ago to tell."""
        return self.confirmed if self._monotonic() - self._confirmed_s < COMPARE_FOR_S else 0

    @property
    def any_kept(self) -> bool:
        """Whether there is an append that could be made again."""
        self._drop_old()
        return bool(self._kept)

    def confirm(self, number: int, contents: AppendContents) -> None:
        """Keep an append that Redis and its replicas have."""
        self.confirmed, self._confirmed_s = number, self._monotonic()
        self._keep(KeptAppend(number, contents, self._confirmed_s))

    def after(self, number: int) -> list[KeptAppend]:
        """Return the kept appends with a higher number, in order."""
        return [kept for kept in self._kept if kept.number > number]

    def keep_longer(self, number: int) -> None:
        """Keep the appends after this number for another half minute: only the new primary has them so far."""
        again, now = self.after(number), self._monotonic()
        for _ in again:
            self._bytes -= self._kept.pop().contents.memory
        for kept in again:
            self._keep(kept._replace(confirmed_s=now))

    def _keep(self, kept: KeptAppend) -> None:
        self._kept.append(kept)
        self._bytes += kept.contents.memory
        self._drop_old()

    def _drop_old(self) -> None:
        oldest = self._monotonic() - KEEP_S
        while self._kept and (self._bytes > MOST_KEPT_BYTES or self._kept[0].confirmed_s < oldest):
            gone = self._kept.popleft()
            self._bytes -= gone.contents.memory
            self.dropped = gone.number
