"""Waiting for other processes, with an end to it."""

import time
from collections.abc import Callable
from typing import Final

import httpx
import redis

READY_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.02


def wait_for(ready: Callable[[], object], what: str, within_s: float = READY_WITHIN_S) -> None:
    """Return when `ready` gives something true; while it raises, `what` is not there yet. TimeoutError at the end."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            if ready():
                return
        except (httpx.HTTPError, redis.RedisError):
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not ready within {within_s:.0f} s")
        time.sleep(_POLL_S)


def answers(url: str) -> bool:
    """Whether something there speaks HTTP; raises while it does not."""
    return httpx.get(url, trust_env=False).status_code > 0
