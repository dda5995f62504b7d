"""Which messages of one partition Redis has, and the offset that may be committed for them."""


class PartitionPosition:
    """The messages of one partition while it is assigned to this process.

    Offsets have gaps, where Kafka compacted or a transaction ended. So only the offsets of messages that came count.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, None] = {}
        self._done: set[int] = set()
        self._next = -1
        self.committed = -1
        """The offset that this process committed last."""

    def arrive(self, offset: int) -> bool | None:
        """Record a message; return whether it came before, or None where Redis has it already.

        Messages come again after some of them were given back.
        """
        if offset in self._done:
            return None
        came_before = offset < self._next
        self._next = max(self._next, offset + 1)
        self._waiting[offset] = None
        return came_before

    def confirm(self, offset: int) -> None:
        """Record that Redis has the message."""
        if offset in self._waiting:
            del self._waiting[offset]
            self._done.add(offset)

    def to_commit(self) -> int | None:
        """Return the offset below which Redis has every message; None where it is committed already."""
        offset = min(self._waiting, default=self._next)
        self._done = {each for each in self._done if each > offset}
        return offset if offset > self.committed else None
