"""The path of a request to its page: check origin and session, read the form, answer in a thread.

Pages compute and wait in a few threads of their own, so the event loop, which accepts batches, never waits for a page.
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

from config.errors import ConfigurationError, RelayError
from console.headers import secured
from console.origin import explain_cross_site
from console.rendering import sentence
from console.request import PageRequest, read_request
from console.services import Interrupted, NotConfirmed, Services
from console.sessions import Session
from operations.errors import OperatorError
from store.errors import RedisAway, RedisFull

THREADS: Final = 2
COOKIE: Final = "relay_console"
LOGIN: Final = "/console/login"
READ_WITHIN_S: Final = 30.0
MOST_BYTES: Final = 12 * 1024 * 1024
MOST_BYTES_WITHOUT_SESSION: Final = 4 * 1024

T = TypeVar("T")
Page = Callable[[Services, PageRequest], Response]

_SESSION: Final = "relay.session"
_PAGE: Final = "relay.page"

log = structlog.get_logger("relay.console")


class NotFound(RelayError):
    """The page, dead letter or connection does not exist; the message is a sentence."""


class InvalidForm(RelayError):
    """The body is not a form or is too large; the message is a sentence."""


class Dispatcher:
    """Lead every request for the console to its page."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._threads = CapacityLimiter(THREADS)

    def route(self, method: str, path: str, page: Page, *, public: bool = False, changes: bool = False) -> Route:
        """Return the route of one page; `public` pages need no session, and what `changes` is confirmed by replicas."""
        page = _confirmed(page) if changes else page

        async def answer(http_request: Request) -> Response:
            http_request.scope[_PAGE] = path
            return secured(await self._dispatch(http_request, page, public=public))

        return Route(path, answer, methods=[method])

    async def _dispatch(self, http_request: Request, page: Page, *, public: bool) -> Response:
        if http_request.method == "POST" and (reasons := explain_cross_site(http_request, self._services.peers)):
            return self._error(http_request, 403, *reasons)
        token = http_request.cookies.get(COOKIE, "")
        session = await self._in_thread(http_request, lambda: self._services.sessions.find(token))
        if isinstance(session, Response):
            return session
        if session is None and not public:
            return _to_login(http_request)
        http_request.scope[_SESSION] = session
        try:
            with anyio.fail_after(READ_WITHIN_S):
                body = await _body(http_request, MOST_BYTES if session else MOST_BYTES_WITHOUT_SESSION)
        except (ClientDisconnect, TimeoutError):
            return Response(status_code=400)
        except InvalidForm as error:
            return self._error(http_request, 413, str(error))
        return await self._in_thread(http_request, lambda: self._answer(http_request, page, session, body))

    def _answer(self, http_request: Request, page: Page, session: Session | None, body: bytes) -> Response:
        """Read the form and return the page's answer. A large form takes long to parse: call this in a thread."""
        try:
            request = read_request(http_request, self._services.peers, session, body)
        except ValueError:
            return self._error(http_request, 413, "The form cannot be read.")
        if http_request.method == "POST" and session and not _has_csrf_token(request):
            expired = "This form belongs to an earlier session. Go back, reload the page and send the form again."
            return self._error(http_request, 403, expired)
        return page(self._services, request)

    async def _in_thread(self, http_request: Request, work: Callable[[], T]) -> T | Response:
        """Return what `work` returns, or an error page if it raises."""
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        except NotFound as error:
            return self._error(http_request, 404, str(error))
        except OperatorError as error:
            return self._error(http_request, 409, sentence(str(error)))
        except ConfigurationError as error:
            title = "The configuration file is refused"
            return self._error(http_request, 409, *map(str, error.problems), title=title)
        except NotConfirmed as error:
            return self._error(http_request, 503, str(error), title="Done, but not confirmed")
        except Interrupted as error:
            return self._error(http_request, 503, str(error), title="Redis went away meanwhile")
        except RedisAway as away:
            trouble = away.trouble
            kept = "Events are kept, but this page cannot read them now."
            return self._error(http_request, 503, f"{trouble.problem}. {kept}", f"To do: {trouble.what_to_do}.")
        except RedisFull as error:
            return self._error(http_request, 503, f"Redis accepts no more data: {error.what}.")
        except Exception as error:
            log.exception("console_page_failed", page=http_request.scope[_PAGE])  # logs exception types and lines only
            fault = f"This page failed because of a fault in relay ({type(error).__name__}). The log has the details."
            return self._error(http_request, 500, fault)

    def _error(self, http_request: Request, status: int, *sentences: str, title: str = "") -> Response:
        request = read_request(http_request, self._services.peers, http_request.scope.get(_SESSION))
        template = "error_part.html" if request.partial else "error.html"
        return self._services.page(request, template, status, title=title or _TITLES[status], sentences=sentences)


_TITLES: Final = {
    403: "Refused",
    404: "Not found",
    409: "Not possible now",
    413: "Too large or not a form",
    500: "Internal error",
    503: "Redis cannot be used",
}


def _confirmed(page: Page) -> Page:
    """Return a page that answers once the replicas have what it changed."""

    def answer(services: Services, request: PageRequest) -> Response:
        with services.changing():
            return page(services, request)

    return answer


def _has_csrf_token(request: PageRequest) -> bool:
    return hmac.compare_digest(request.field("csrf").encode(), request.csrf.encode())


def _to_login(http_request: Request) -> Response:
    """Redirect to the login page, which leads back to the requested page."""
    if "hx-request" in http_request.headers:
        return Response(status_code=401, headers={"hx-redirect": LOGIN})
    target = http_request.url.path if http_request.method == "GET" else "/console"
    return RedirectResponse(LOGIN if target == "/console" else f"{LOGIN}?next={quote(target)}", 303)


async def _body(http_request: Request, most: int) -> bytes:
    """Return the bytes of a form, at most `most`. Raise InvalidForm."""
    if http_request.method != "POST":
        return b""
    media_type = http_request.headers.get("content-type", "").partition(";")[0]
    if media_type not in ("", "application/x-www-form-urlencoded"):
        raise InvalidForm("A form must be application/x-www-form-urlencoded.")
    body = bytearray()
    async for part in http_request.stream():
        body += part
        if len(body) > most:
            raise InvalidForm(f"A form may have at most {most >> 10:,} KiB.")
    return bytes(body)
