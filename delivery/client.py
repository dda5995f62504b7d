"""POST one request to TikTok, once. What the answer means, and whether to retry, is decided elsewhere."""

import re
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, Self
from urllib.parse import urlsplit

import httpcore

from delivery.answer import MAX_ANSWER_BYTES, Answer, FailedEvent, NoAnswer, read_answer
from delivery.network import DeadlineBackend, Deadlines
from delivery.proxies import ProxySettings, certificates, proxy_settings_for
from delivery.reach import why_out_of_reach

__all__ = ["Answer", "Client", "FailedEvent", "NoAnswer", "Timeouts"]


class Timeouts(NamedTuple):
    """The most seconds to connect, for one read, for one write, and to wait for a free connection."""

    connect: float = 3.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 5.0


REQUEST_DEADLINE_S: Final = 30.0
"""For the whole request: an answer that arrives a byte at a time, or in 1xx parts, never exceeds the read timeout."""
MAX_CONNECTIONS: Final = 48

_HEADER_SAFE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")

# The first row whose exception matches gives the kind.
_KINDS: tuple[tuple[type[Exception], Literal["connect", "timeout", "reset"]], ...] = (
    (httpcore.ConnectTimeout, "connect"),
    (httpcore.PoolTimeout, "connect"),
    (httpcore.ConnectError, "connect"),
    (httpcore.ProxyError, "connect"),
    (httpcore.TimeoutException, "timeout"),
    (httpcore.NetworkError, "reset"),
    (httpcore.RemoteProtocolError, "reset"),
)
_TROUBLE = (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError)


class _BodyStartTrace:
    """An httpcore trace that records whether sending the body has begun.

    Before that, TikTok cannot have received any byte of an event; after it, TikTok may have. httpcore ignores write
    errors to read an early answer, so the start of the body is the last certain moment. A proxy's CONNECT has no body.
    """

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        if event == "http11.send_request_body.started" and info["request"].method == b"POST":
            self.begun = True


class Client:
    """An HTTP client for one TikTok host. Create one per process, after any fork, and share it between threads.

    Raise ConfigurationError when the environment names an invalid proxy, or certificates that cannot be read.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - it cannot change
        deadline_s: float = REQUEST_DEADLINE_S,
        max_connections: int = MAX_CONNECTIONS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self._timeouts = timeouts._asdict()
        self._deadline_s, self._deadlines = deadline_s, Deadlines()
        self.way = proxy_settings_for(base_url)
        needs_tls = urlsplit(base_url).scheme == "https"
        self._pool = _pool(
            self.way,
            ssl_context=certificates() if needs_tls else None,
            network_backend=DeadlineBackend(self._deadlines),
            max_connections=max_connections,
            # A server may close an idle connection just as the next request is sent on it, whose outcome is then
            # unknown. So idle connections are closed early.
            max_keepalive_connections=8,
            keepalive_expiry=15.0,
        )

    def post(self, path: str, body: bytes, access_token: str) -> Answer | NoAnswer:
        """POST `body` (JSON) to `path`. A network error is returned, not raised; redirects are not followed."""
        if not _HEADER_SAFE.fullmatch(access_token):
            return NoAnswer("token", sent=False, detail="the access token is empty, or a header cannot carry it")
        departure = _BodyStartTrace()
        try:
            with self._deadlines.within(self._deadline_s):
                return self._exchange(path, body, access_token, departure)
        except _TROUBLE as error:
            remedy = None if departure.begun else why_out_of_reach(error, self.way.proxy)
            return NoAnswer(_kind(error), sent=departure.begun, detail=type(error).__name__, remedy=remedy)

    def _exchange(self, path: str, body: bytes, access_token: str, departure: _BodyStartTrace) -> Answer:
        headers = [*_HEADERS, ("Access-Token", access_token)]
        extensions = {"timeout": self._timeouts, "trace": departure}
        url = self._base_url + path
        with self._pool.stream("POST", url, headers=headers, content=body, extensions=extensions) as response:
            text = _read(response)
            found = {name.lower().decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
            return read_answer(response.status, found, text, self._clock())

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


_HEADERS: Final = (
    ("Content-Type", "application/json"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
    ("User-Agent", "tiktok-events-relay"),
)


def _pool(way: ProxySettings, **options: Any) -> httpcore.ConnectionPool:
    proxy = way.proxy
    if proxy is None:
        return httpcore.ConnectionPool(**options)
    if proxy.is_socks:
        return httpcore.SOCKSProxy(proxy.url, proxy_auth=proxy.auth, **options)
    own = options["ssl_context"] if proxy.url.startswith("https") else None
    return httpcore.HTTPProxy(proxy.url, proxy_auth=proxy.auth, proxy_ssl_context=own, **options)


def _read(response: httpcore.Response) -> bytes:
    """Return the body, undecoded; b"" when it is longer than any answer of TikTok's."""
    parts: list[bytes] = []
    size = 0
    for part in response.iter_stream():
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            return b""
    return b"".join(parts)


def _kind(error: Exception) -> Literal["connect", "timeout", "reset", "other"]:
    return next((kind for family, kind in _KINDS if isinstance(error, family)), "other")
