"""What every page needs: settings, Redis, the index of dead letters, TikTok's API, and the templates."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

import redis
from anyio import CapacityLimiter
from starlette.responses import HTMLResponse

from config.errors import ConfigurationError, RelayError
from config.file import load
from config.files.small_file import signature_of
from config.model import Configuration
from config.settings import Settings
from console.rendering import Templates
from console.request import PageRequest
from console.sessions import Sessions
from delivery.client import Client, Timeouts
from operations.dead_letters.index import DeadLetterIndex
from operations.dead_letters.preview import ReplayPreviews
from operations.dead_letters.store import DeadLetterStore
from operations.errors import OperatorError
from operations.status.connections import Overview, overview
from process.peers import Peers
from store.client import connect
from store.errors import RedisAway
from store.records.console_sessions import ConsoleSessions
from store.replication.confirmation import Changes

TIMEOUTS: Final = Timeouts(connect=3.0, read=10.0, write=10.0, pool=10.0)
"""For requests to TikTok while an operator waits for the page; shorter than a worker's."""
LIVE_WORKERS: Final = 1
"""Threads that ask Redis for all live pages together."""
CONFIRM_WITHIN_MS: Final = 2_000
"""How long a page waits for replicas."""
MAY_BE_DONE: Final = (
    "This may be done, in part or not at all. Look at it once Redis answers, and send the form again if it is not."
)
REREAD_AFTER_S: Final = 2.0
"""The file is read again after this time even if it is unchanged, because secret files that it names may change."""


class NotConfirmed(RelayError):
    """A page changed something that a failover could undo; the message is a sentence."""


class Interrupted(RelayError):
    """Redis went away while a page changed something; the message is a sentence."""


class Services:
    """One object for the process. Any number of threads may use it."""

    def __init__(self, settings: Settings, client: redis.Redis, password: str) -> None:
        self.settings, self.redis = settings, client
        self.sessions = Sessions(ConsoleSessions(self.redis), password)
        self.peers = Peers(settings.trusted_proxies)
        self.index = DeadLetterIndex(self.redis)
        self.live_streams: set[object] = set()
        """The open streams of the live page."""
        self.live_threads = CapacityLimiter(LIVE_WORKERS)
        self._templates = Templates()
        self._configuration: tuple[object, Configuration] | None = None

    @cached_property
    def tiktok(self) -> Client:
        """The client for test events, created at its first use. Raise OperatorError if its settings are wrong."""
        try:
            return Client(self.settings.tiktok_url, timeouts=TIMEOUTS, max_connections=2)
        except ConfigurationError as error:
            raise OperatorError(str(error)) from None

    def close(self) -> None:
        """Close the client to TikTok if it was created."""
        if "tiktok" in self.__dict__:
            self.tiktok.close()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Wait, after a block that changes something, until RELAY_REPLICAS replicas have it.

        Raise NotConfirmed when they do not confirm it or when Redis failed over meanwhile; Interrupted when Redis went
        away in the block; RedisAway when it was away before.
        """
        changes = Changes(self.redis, self.settings.replicas)
        try:
            yield
        except RedisAway as away:
            raise Interrupted(f"{away.trouble.problem}. {MAY_BE_DONE} To do: {away.trouble.what_to_do}.") from None
        problem = changes.unconfirmed(CONFIRM_WITHIN_MS)
        if problem is not None:
            raise NotConfirmed(problem)

    def store(self) -> DeadLetterStore:
        """Return the store of dead letters. Raise RedisAway."""
        return DeadLetterStore(self.settings, self.redis, self.configuration)

    def overview(self) -> Overview:
        """Return the status of every connection. Raise RedisAway."""
        return overview(self.settings, self.redis, self.configuration)

    def configuration(self) -> Configuration:
        """Return the configuration file as it is now. Raise ConfigurationError."""
        version = (signature_of(self.settings.config), time.monotonic() // REREAD_AFTER_S)
        cached = self._configuration
        if cached is None or cached[0] != version:
            cached = (version, load(self.settings.config, keyring=self.settings.keyring))
            self._configuration = cached
        return cached[1]

    def replay_previews(self, store: DeadLetterStore) -> ReplayPreviews:
        """Return previews of what a replay would send now. Raise ConfigurationError."""
        return ReplayPreviews(self.configuration(), self.settings, store.now_ms())

    def part(self, template: str, **values: Any) -> str:
        """Return a part of a page that needs no request."""
        return self._templates.render(template, **values)

    def page(self, request: PageRequest, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page, or a part of one, for this request."""
        return HTMLResponse(self._templates.render(template, request=request, **values), status)


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """Give the services, connected to Redis. `settings` must have a `redis_url` and an `admin_password`."""
    if settings.redis_url is None or settings.admin_password is None:
        raise ValueError("a console needs Redis and a password")
    with connect(settings.redis_url.get_secret_value()) as client:
        services = Services(settings, client, settings.admin_password.get_secret_value())
        try:
            yield services
        finally:
            services.close()
