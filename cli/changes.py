"""Open the dead letters, and wait after a change until replicas have it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

import click
import redis

from cli.context import redis_url, settings_here
from cli.terminal.output import note
from config.settings import Settings
from operations.dead_letters.store import DeadLetterStore
from store.client import connect
from store.errors import RedisAway
from store.replication.confirmation import Changes

CONFIRM_WITHIN_MS: Final = 5_000
"""How long a command waits for replicas."""
FAILOVER_WITHIN_S: Final = 60.0
"""How long a command waits for a Redis that is away, because another one may be about to take over."""


@contextmanager
def open_store(*, changes: bool = False) -> Iterator[DeadLetterStore]:
    """Open the dead-letter store of the Redis in use; with `changes`, as `changing` does."""
    settings = settings_here()
    with connect(redis_url(settings)) as client, changing(settings, client) if changes else nullcontext():
        yield DeadLetterStore(settings, client)


@contextmanager
def changing(settings: Settings, client: redis.Redis) -> Iterator[None]:
    """Wait, after a block that changes what must not be undone, until RELAY_REPLICAS replicas have it.

    If they do not confirm it, or if Redis failed over meanwhile, say so; the command then ends with exit code 1, after
    it has printed what it did. Raise RedisAway.
    """
    changes = Changes(client, settings.replicas)
    try:
        yield
    except SystemExit:
        _confirm(changes)
        raise
    except RedisAway:
        note("Redis went away while this ran: it may be done, in part or not at all. Run this again.")
        raise
    _confirm(changes)


def _confirm(changes: Changes) -> None:
    """Do what `changing` does at its end."""
    problem = changes.unconfirmed(CONFIRM_WITHIN_MS, FAILOVER_WITHIN_S)
    if problem is not None:
        note(f"{problem}.")
        click.get_current_context().call_on_close(lambda: sys.exit(1))
