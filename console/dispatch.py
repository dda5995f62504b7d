"""From a request to its answer, on one page: who is it, may it be, read the form, answer in a thread.

Everything that waits or works runs in a few threads of its own, so the event loop, which takes batches, never waits
for a page.
"""

import hmac
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

import anyio
import anyio.to_thread
import structlog
from anyio import CapacityLimiter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from config.errors import ConfigurationError
from console.headers import secured
from console.origin import why_foreign
from console.request import PageRequest, read_request
from console.services import Services
from console.sessions import Session
from operations.errors import OperatorError
from store.errors import RedisAway, RedisFull

THREADS: Final = 2
COOKIE: Final = "relay_console"
LOGIN: Final = "/console/login"
READ_WITHIN_S: Final = 30.0
MOST_BYTES: Final = 12 * 1024 * 1024
MOST_BYTES_OF_A_STRANGER: Final = 4 * 1024

T = TypeVar("T")
Page = Callable[[Services, PageRequest], Response]

_SESSION: Final = "relay.session"
_PAGE: Final = "relay.page"

log = structlog.get_logger("relay.console")


class NotFound(Exception):
    """There is no such page, letter or connection; the message is a sentence."""


class InvalidForm(Exception):
    """What was sent is none, or too large; the message is a sentence."""


class Dispatcher:
    """Receives every request for the console."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._threads = CapacityLimiter(THREADS)

    def route(self, method: str, path: str, page: Page, *, public: bool = False) -> Route:
        """The route of one page; `for_strangers`: also for who has not signed in."""

        async def answer(http_request: Request) -> Response:
            http_request.scope[_PAGE] = path
            return secured(await self._receive(http_request, page, public=public))

        return Route(path, answer, methods=[method])

    async def _receive(self, http_request: Request, page: Page, *, public: bool) -> Response:
        if http_request.method == "POST" and (foreign := why_foreign(http_request, self._services.peers)):
            return self._refuse(http_request, 403, *foreign)
        token = http_request.cookies.get(COOKIE, "")
        found = await self._in_thread(http_request, lambda: self._services.sessions.find(token))
        if isinstance(found, Response):
            return found
        if not isinstance(found, Session):
            if not public:
                return _to_login(http_request)
            found = None
        http_request.scope[_SESSION] = found
        try:
            with anyio.fail_after(READ_WITHIN_S):
                body = await _body(http_request, MOST_BYTES if found else MOST_BYTES_OF_A_STRANGER)
        except (ClientDisconnect, TimeoutError):
            return Response(status_code=400)
        except InvalidForm as error:
            return self._refuse(http_request, 413, str(error))
        return await self._in_thread(http_request, lambda: self._answer(http_request, page, found, body))

    def _answer(self, http_request: Request, page: Page, session: Session | None, body: bytes) -> Response:
        """The page's answer to a form of this session; a large one takes long to read, so this is for threads."""
        try:
            request = read_request(http_request, self._services.peers, session, body)
        except ValueError:
            return self._refuse(http_request, 413, "The form cannot be read.")
        if http_request.method == "POST" and session and not _is_of_session(request):
            return self._refuse(
                http_request, 403, "This form is of an earlier session: go back, reload, and send it again."
            )
        return page(self._services, request)

    async def _in_thread(self, http_request: Request, work: Callable[[], T]) -> T | Response:
        """What it returns; a page that says what is wrong, where something is."""
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        except NotFound as error:
            return self._refuse(http_request, 404, str(error))
        except OperatorError as error:
            return self._refuse(http_request, 409, str(error))
        except ConfigurationError as error:
            return self._refuse(http_request, 409, *map(str, error.problems), title="The configuration file is refused")
        except RedisAway as away:
            trouble = away.trouble
            kept = "Events are kept; this page cannot see them now."
            return self._refuse(http_request, 503, f"{trouble.problem}. {kept}", f"To do: {trouble.what_to_do}.")
        except RedisFull as error:
            return self._refuse(http_request, 503, f"Redis takes nothing more: {error.what}.")
        except Exception as error:
            log.exception("console_page_failed", page=http_request.scope[_PAGE])  # types and places only
            return self._refuse(
                http_request, 500, f"This page failed because of a fault in relay ({type(error).__name__})."
            )

    def _refuse(self, http_request: Request, status: int, *sentences: str, title: str = "") -> Response:
        request = read_request(http_request, self._services.peers, http_request.scope.get(_SESSION))
        template = "error_part.html" if request.partial else "error.html"
        return self._services.page(request, template, status, title=title or _TITLES[status], sentences=sentences)


_TITLES: Final = {
    403: "Not done",
    404: "Not here",
    409: "Not possible now",
    413: "Too much",
    500: "A fault",
    503: "Redis is away",
}


def _is_of_session(request: PageRequest) -> bool:
    return hmac.compare_digest(request.field("csrf").encode(), request.csrf.encode())


def _to_login(http_request: Request) -> Response:
    """To the door, and back to where they wanted to go."""
    if "hx-request" in http_request.headers:
        return Response(status_code=401, headers={"hx-redirect": LOGIN})
    wanted = http_request.url.path if http_request.method == "GET" else "/console"
    return RedirectResponse(LOGIN if wanted == "/console" else f"{LOGIN}?next={quote(wanted)}", 303)


async def _body(http_request: Request, most: int) -> bytes:
    """A form's bytes."""
    if http_request.method != "POST":
        return b""
    kind = http_request.headers.get("content-type", "").partition(";")[0]
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise InvalidForm("A form must be application/x-www-form-urlencoded.")
    body = bytearray()
    async for part in http_request.stream():
        body += part
        if len(body) > most:
            raise InvalidForm(f"A form may have {most >> 10:,} KiB.")
    return bytes(body)
