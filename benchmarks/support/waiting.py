"""Wait for other processes, up to a limit."""

import time
from collections.abc import Callable
from typing import Final

import httpx
import redis

READY_WITHIN_S: Final = 30.0
_POLL_S: Final = 0.02


def wait_for(ready: Callable[[], object], what: str, within_s: float = READY_WITHIN_S) -> None:
    """Return when `ready` returns something true. While it raises, wait on. Raise TimeoutError naming `what`."""
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
    """Return True if an HTTP server answers at the URL; raise httpx.HTTPError if not."""
    return httpx.get(url, trust_env=False).status_code > 0
