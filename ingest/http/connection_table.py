"""The table of open HTTP connections: at the limit, the one that waited longest is closed for a new one."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

SLOW_BODY_S: Final = 5.0
"""At the limit, a connection whose body has been arriving for longer than this is closed for a new connection."""
SWEEP_S: Final = 1.0


class Member(Protocol):
    """One connection, as the table sees it. `deadline` is in seconds of its event loop's clock."""

    deadline: float

    def drop(self) -> None:
        """Close the connection at once."""

    def expire(self) -> None:
        """End the connection because its deadline has passed."""


class HttpConnections:
    """All connections of one server, within its event loop."""

    def __init__(self, limit: int, keep_alive_s: float, count: Callable[[str], None] = lambda _: None) -> None:
        """`keep_alive_s`: how long a connection may be idle between requests; `count` gets each refusal's status."""
        self.limit = limit
        self.keep_alive_s = keep_alive_s
        self.count = count
        self.all: set[Member] = set()
        self.waiting: OrderedDict[Member, None] = OrderedDict()  # a dict would search past those that are gone
        """Connections without a request under way, the longest waiting first."""
        self.reading: OrderedDict[Member, float] = OrderedDict()
        """Connections whose body is arriving, with the time when it began, the oldest first."""
        self._sweeping = False

    def add(self, connection: Member, loop: asyncio.AbstractEventLoop) -> bool:
        """Add the connection; return False if it is one too many and no other can be closed for it."""
        self.all.add(connection)
        if not self._sweeping:
            self._sweeping = True
            loop.call_later(SWEEP_S, self._sweep, loop)
        return len(self.all) <= self.limit or self._make_room(loop.time())

    def remove(self, connection: Member) -> None:
        """Remove the connection, so that its place is free."""
        self.all.discard(connection)
        self.waiting.pop(connection, None)
        self.reading.pop(connection, None)

    def _make_room(self, now: float) -> bool:
        if self.waiting:
            next(iter(self.waiting)).drop()
            return True
        if self.reading:
            connection, since = next(iter(self.reading.items()))
            if now - since > SLOW_BODY_S:
                connection.drop()
                return True
        return False

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """End the connections whose deadline has passed; run again as long as there are connections."""
        now = loop.time()
        for connection in [member for member in self.all if member.deadline < now]:
            connection.expire()
        self._sweeping = bool(self.all)
        if self._sweeping:
            loop.call_later(SWEEP_S, self._sweep, loop)
