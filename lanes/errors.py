"""What can go wrong between a process and the lanes, named by who must act."""


class RedisAway(Exception):
    """Redis did not take the write, or did not say so in time: wait and try again (ingest answers 503)."""


class RedisFull(Exception):
    """A memory limit is reached: nothing was written, deliver or enlarge first (ingest answers 429).

    `what` is a sentence that names the limit.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class ArrivalTooLarge(Exception):
    """Arrivals that come to more, over all their connections, than one script may carry: send less at once (413)."""


class ChunkUnreadable(Exception):
    """A chunk that this process cannot open; `what_to_do` is a sentence for the operator. The chunk stays."""

    def __init__(self, what_to_do: str) -> None:
        super().__init__(what_to_do)
        self.what_to_do = what_to_do
