"""The errors of Redis, named by who must act."""

from typing import Final, NamedTuple

from config.errors import RelayError


class Trouble(NamedTuple):
    """Why Redis cannot be used.

    `code` is for programs, `error_text` has the server's own words, and `passes` says whether waiting may help.
    """

    code: str
    problem: str
    what_to_do: str
    passes: bool = True
    error_text: str = ""

    def __str__(self) -> str:
        return f"{self.problem}; to do: {self.what_to_do}"


NO_ANSWER: Final = Trouble("no_answer", "Redis does not answer", "start it (relay up), or correct RELAY_REDIS_URL")
LATE: Final = Trouble("timeout", "Redis does not answer in time", "see whether it is overloaded or frozen")


class RedisAway(RelayError):
    """Redis did not execute a command, or did not confirm it in time; try again later (ingest answers 503).

    `trouble` says why, and what to do.
    """

    def __init__(self, trouble: Trouble = NO_ANSWER) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class RedisFull(RelayError):
    """A memory limit is reached and nothing was written; deliver or enlarge first (ingest answers 429).

    `what` is a sentence that names the limit.
    """

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
