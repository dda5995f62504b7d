"""One POST to TikTok: sent once, answered or not, never judged and never repeated here."""

import re
import time
from collections.abc import Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Literal, Self

import httpx

from config.urls import is_loopback
from delivery.answer import MAX_ANSWER_BYTES, Answer, FailedEvent, NoAnswer, read_answer

__all__ = ["TIMEOUT", "Answer", "Client", "FailedEvent", "NoAnswer"]

TIMEOUT = httpx.Timeout(connect=3.0, read=20.0, write=10.0, pool=5.0)
ANSWER_DEADLINE_S = 60.0
"""A body that trickles in never trips the read timeout; it is given up after this long."""

_HEADER_SAFE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")

# The first row that fits names the kind.
_KINDS: tuple[tuple[type[Exception], Literal["connect", "timeout", "reset"]], ...] = (
    (httpx.ConnectTimeout, "connect"),
    (httpx.PoolTimeout, "connect"),
    (httpx.ConnectError, "connect"),
    (httpx.ProxyError, "connect"),
    (httpx.TimeoutException, "timeout"),
    (httpx.NetworkError, "reset"),
    (httpx.RemoteProtocolError, "reset"),
)


class _Departure:
    """Listens to httpcore: has a byte of the body been handed to the socket?

    A header alone can cost no event, and httpcore swallows write errors to read an early answer, so the start of
    the body is the last instant at which nothing can have left.
    """

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False

    def __call__(self, event: str, _info: object) -> None:
        if event == "http11.send_request_body.started":
            self.begun = True


class Client:
    """Posts to one TikTok host. Make one per process (after any fork) and share it between threads."""

    def __init__(
        self,
        base_url: str,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        max_connections: int = 32,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            # A connection kept past the server's own patience is closed under the next request, which then counts as
            # an unknown outcome; so idle ones go early.
            limits=httpx.Limits(max_connections=max_connections, max_keepalive_connections=8, keepalive_expiry=15.0),
            follow_redirects=False,  # the target of a redirect would be handed the token
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # one account's cookie is not another's
            trust_env=not is_loopback(httpx.URL(base_url).host),  # a company proxy leads to TikTok, not to the sandbox
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                "User-Agent": "tiktok-events-relay",
            },
        )

    def post(self, path: str, body: bytes, access_token: str) -> Answer | NoAnswer:
        """POST `body` (JSON) to `path`. Network trouble is a value; nothing is retried."""
        if not _HEADER_SAFE.fullmatch(access_token):
            return NoAnswer("token", sent=False, detail="the access token is empty or holds characters no header can")
        departure = _Departure()
        try:
            return self._exchange(path, body, access_token, departure)
        except httpx.HTTPError as error:
            return NoAnswer(_kind(error), sent=departure.begun, detail=_detail(error))

    def _exchange(self, path: str, body: bytes, access_token: str, departure: _Departure) -> Answer:
        request = self._http.stream(
            "POST", path, content=body, headers={"Access-Token": access_token}, extensions={"trace": departure}
        )
        with request as response:
            text = self._read(response)
            return read_answer(response.status_code, response.headers, text, self._clock())

    def _read(self, response: httpx.Response) -> bytes:
        """The body as sent; b"" when it is longer than any answer of TikTok's."""
        deadline = self._monotonic() + ANSWER_DEADLINE_S
        parts: list[bytes] = []
        size = 0
        for part in response.iter_raw():
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                return b""
            if self._monotonic() > deadline:
                raise httpx.ReadTimeout("the answer trickled in for too long")
        return b"".join(parts)

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()


def _kind(error: httpx.HTTPError) -> Literal["connect", "timeout", "reset", "other"]:
    return next((kind for family, kind in _KINDS if isinstance(error, family)), "other")


def _detail(error: httpx.HTTPError) -> str:
    """The family of the error, and the system's words where they cannot quote what was sent or received."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, httpx.ConnectError) else name
