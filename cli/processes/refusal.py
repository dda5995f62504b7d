"""Write to Redis that a process could not start with its configuration, so that other commands can name it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from config.errors import ConfigurationError
from config.settings import Settings
from store.client import connect
from store.errors import RedisAway
from store.records.processes import Announcement


@contextmanager
def announced_refusal(kind: str, settings: Settings) -> Iterator[None]:
    """Write to Redis, if it can be reached, that the block raised ConfigurationError, and raise it again.

    `kind`: the command of the process, such as `worker`.
    """
    try:
        yield
    except ConfigurationError as error:
        if settings.redis_url is not None:
            with suppress(RedisAway, ValueError), connect(settings.redis_url.get_secret_value()) as client:
                Announcement(kind, client, settings.cell, settings.tiktok_url).fail_start(error.sentence)
        raise
