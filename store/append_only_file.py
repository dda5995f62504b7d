"""Make Redis rewrite its append-only file, so that removed data is gone from the disk as well."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import redis
from redis.exceptions import ResponseError

from store.diagnosis.trouble import translate_errors

POLL_S: Final = 0.1
PATIENCE_S: Final = 600.0

Rewriting = Literal["rewritten", "no file", "not allowed", "failed", "still running", "behind", "not reached"]
"""`behind` and `not reached` are said of replicas only (`store/replication/replicas.py`)."""


def rewrite_file(
    client: redis.Redis, sleep: Callable[[float], None] = time.sleep, monotonic: Callable[[], float] = time.monotonic
) -> Rewriting:
    """Return when a rewrite that began after this call has ended, or return why there is none. Raise RedisAway.

    `no file`: the server has no such file. `not allowed`: the provider of the server does not permit the command.
    """
    until = monotonic() + PATIENCE_S
    with translate_errors:
        try:
            return _rewrite(client, lambda: _wait(client, sleep, monotonic, until))
        except ResponseError:  # unknown, renamed, or not for this user
            return "not allowed"


def _rewrite(client: redis.Redis, ends: Callable[[], bool]) -> Rewriting:
    if not _state(client).get("aof_enabled"):
        return "no file"
    while not _begin(client):  # a rewrite that already runs began before the last removal
        if not ends():
            return "still running"
    if not ends():
        return "still running"
    return "rewritten" if _state(client).get("aof_last_bgrewrite_status") == "ok" else "failed"


def _begin(client: redis.Redis) -> bool:
    """Return whether a rewrite began or is scheduled."""
    if _runs(client):
        return False
    try:
        client.bgrewriteaof()
    except ResponseError as error:
        if "already in progress" in str(error):
            return False
        raise
    return True


def _wait(client: redis.Redis, sleep: Callable[[float], None], monotonic: Callable[[], float], until: float) -> bool:
    while _runs(client):
        if monotonic() > until:
            return False
        sleep(POLL_S)
    return True


def _runs(client: redis.Redis) -> bool:
    state = _state(client)
    return bool(state.get("aof_rewrite_in_progress") or state.get("aof_rewrite_scheduled"))


def _state(client: redis.Redis) -> Mapping[str, Any]:
    return client.info("persistence")
