"""What every page works with: settings, Redis, the index of letters, TikTok's door, and how a page is written."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final

import httpx
import redis
from starlette.responses import HTMLResponse

from config.errors import ConfigurationError
from config.file import load
from config.model import Configuration
from config.settings import Settings
from config.small_file import signature_of
from console.rendering import Templates
from console.request import PageRequest
from console.sessions import Sessions
from delivery.client import Client
from operations.dead_letters.index import DeadLetterIndex
from operations.dead_letters.preview import ReplayPreviews
from operations.dead_letters.store import DeadLetterStore
from operations.errors import OperatorError
from operations.status.connections import Overview, overview
from process.peers import Peers
from store.client import connect
from store.console_sessions import ConsoleSessions

PATIENCE: Final = httpx.Timeout(10.0, connect=3.0)
"""With TikTok, while somebody looks at the page: less than a worker has."""
TRUSTED_FOR_S: Final = 2.0
"""A file that looks as it did is read anew after this long, for the secret files that it names may have changed."""


class Services:
    """One for the process; serves any number of threads."""

    def __init__(self, settings: Settings, client: redis.Redis, password: str) -> None:
        self.settings, self.redis = settings, client
        self.sessions = Sessions(ConsoleSessions(self.redis), password)
        self.peers = Peers(settings.trusted_proxies)
        self.index = DeadLetterIndex(self.redis)
        self._templates = Templates()
        self._configuration: tuple[object, Configuration] | None = None

    @cached_property
    def tiktok(self) -> Client:
        """Return the client for test events, made when needed. Raise OperatorError where its settings are wrong."""
        try:
            return Client(self.settings.tiktok_url, timeout=PATIENCE, max_connections=2)
        except ConfigurationError as error:
            raise OperatorError(str(error)) from None

    def close(self) -> None:
        """Let go of TikTok, if anybody was sent there."""
        if "tiktok" in self.__dict__:
            self.tiktok.close()

    def store(self) -> DeadLetterStore:
        """The letters, and the connections that may have some. Raises RedisAway."""
        return DeadLetterStore(self.settings, self.redis, self.configuration)

    def overview(self) -> Overview:
        """How everything stands. Raises RedisAway."""
        return overview(self.settings, self.redis, self.configuration)

    def configuration(self) -> Configuration:
        """The configuration file as it is now. Raises ConfigurationError."""
        seen = (signature_of(self.settings.config), time.monotonic() // TRUSTED_FOR_S)
        kept = self._configuration
        if kept is None or kept[0] != seen:
            kept = (seen, load(self.settings.config, keyring=self.settings.keyring))
            self._configuration = kept
        return kept[1]

    def replay_previews(self, store: DeadLetterStore) -> ReplayPreviews:
        """What letters would become now. Raises ConfigurationError."""
        return ReplayPreviews(self.configuration(), self.settings, store.now_ms())

    def page(self, request: PageRequest, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, or a part of one, for this visitor."""
        return HTMLResponse(self._templates.render(template, request=request, **values), status)


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """A desk, with Redis within reach; `settings` have a `redis_url` and an `admin_password`."""
    if settings.redis_url is None or settings.admin_password is None:
        raise ValueError("a console needs Redis and a password")
    with connect(settings.redis_url.get_secret_value()) as client:
        services = Services(settings, client, settings.admin_password.get_secret_value())
        try:
            yield services
        finally:
            services.close()
