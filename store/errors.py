"""What can go wrong between a process and the lanes, named by who must act."""

from typing import Final, NamedTuple


class Trouble(NamedTuple):
    """Why Redis cannot be used: `code` is for programs, `said` the server's own words. `passes`: waiting may help."""

    code: str
    problem: str
    what_to_do: str
    passes: bool = True
    said: str = ""

    def __str__(self) -> str:
        return f"{self.problem}; to do: {self.what_to_do}"


NO_ANSWER: Final = Trouble("no_answer", "Redis does not answer", "start it (relay up), or correct RELAY_REDIS_URL")
LATE: Final = Trouble("timeout", "Redis does not answer in time", "see whether it is overloaded or frozen")


class RedisAway(Exception):
    """Redis did not take the write, or did not say so in time: try again later (ingest answers 503).

    `trouble` says why, and what to do.
    """

    def __init__(self, trouble: Trouble = NO_ANSWER) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


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
