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
from console.desk import Desk
from console.headers import secured
from console.origin import why_foreign
from console.sessions import Session
from console.visit import Visit, visit_of
from operations.errors import OperatorError
from store.errors import RedisAway, RedisFull

THREADS: Final = 2
COOKIE: Final = "relay_console"
LOGIN: Final = "/console/login"
READ_WITHIN_S: Final = 30.0
MOST_BYTES: Final = 12 * 1024 * 1024
MOST_BYTES_OF_A_STRANGER: Final = 4 * 1024

T = TypeVar("T")
Page = Callable[[Desk, Visit], Response]

_SESSION: Final = "relay.session"
_PAGE: Final = "relay.page"

log = structlog.get_logger("relay.console")


class NotThere(Exception):
    """There is no such page, letter or connection; the message is a sentence."""


class NoForm(Exception):
    """What was sent is none, or too large; the message is a sentence."""


class Reception:
    """Receives every request for the console."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._threads = CapacityLimiter(THREADS)

    def route(self, method: str, path: str, page: Page, *, for_strangers: bool = False) -> Route:
        """The route of one page; `for_strangers`: also for who has not signed in."""

        async def answer(request: Request) -> Response:
            request.scope[_PAGE] = path
            return secured(await self._receive(request, page, for_strangers=for_strangers))

        return Route(path, answer, methods=[method])

    async def _receive(self, request: Request, page: Page, *, for_strangers: bool) -> Response:
        if request.method == "POST" and (foreign := why_foreign(request, self._desk.peers)):
            return self._refuse(request, 403, *foreign)
        token = request.cookies.get(COOKIE, "")
        found = await self._in_thread(request, lambda: self._desk.sessions.find(token))
        if isinstance(found, Response):
            return found
        if not isinstance(found, Session):
            if not for_strangers:
                return _to_login(request)
            found = None
        request.scope[_SESSION] = found
        try:
            with anyio.fail_after(READ_WITHIN_S):
                body = await _body(request, MOST_BYTES if found else MOST_BYTES_OF_A_STRANGER)
        except (ClientDisconnect, TimeoutError):
            return Response(status_code=400)
        except NoForm as error:
            return self._refuse(request, 413, str(error))
        return await self._in_thread(request, lambda: self._answer(request, page, found, body))

    def _answer(self, request: Request, page: Page, session: Session | None, body: bytes) -> Response:
        """The page's answer to a form of this session; a large one takes long to read, so this is for threads."""
        try:
            visit = visit_of(request, self._desk.peers, session, body)
        except ValueError:
            return self._refuse(request, 413, "The form cannot be read.")
        if request.method == "POST" and session and not _is_of_session(visit):
            return self._refuse(request, 403, "This form is of an earlier session: go back, reload, and send it again.")
        return page(self._desk, visit)

    async def _in_thread(self, request: Request, work: Callable[[], T]) -> T | Response:
        """What it returns; a page that says what is wrong, where something is."""
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._threads)
        except NotThere as error:
            return self._refuse(request, 404, str(error))
        except OperatorError as error:
            return self._refuse(request, 409, str(error))
        except ConfigurationError as error:
            return self._refuse(request, 409, *map(str, error.problems), title="The configuration file is refused")
        except RedisAway as away:
            trouble = away.trouble
            kept = "Events are kept; this page cannot see them now."
            return self._refuse(request, 503, f"{trouble.problem}. {kept}", f"To do: {trouble.what_to_do}.")
        except RedisFull as error:
            return self._refuse(request, 503, f"Redis takes nothing more: {error.what}.")
        except Exception as error:
            log.exception("console_page_failed", page=request.scope[_PAGE])  # types and places only
            return self._refuse(request, 500, f"This page failed because of a fault in relay ({type(error).__name__}).")

    def _refuse(self, request: Request, status: int, *sentences: str, title: str = "") -> Response:
        visit = visit_of(request, self._desk.peers, request.scope.get(_SESSION))
        template = "notice.html" if visit.partial else "refusal.html"
        return self._desk.page(visit, template, status, title=title or _TITLES[status], sentences=sentences)


_TITLES: Final = {
    403: "Not done",
    404: "Not here",
    409: "Not possible now",
    413: "Too much",
    500: "A fault",
    503: "Redis is away",
}


def _is_of_session(visit: Visit) -> bool:
    return hmac.compare_digest(visit.field("csrf").encode(), visit.csrf.encode())


def _to_login(request: Request) -> Response:
    """To the door, and back to where they wanted to go."""
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"hx-redirect": LOGIN})
    wanted = request.url.path if request.method == "GET" else "/console"
    return RedirectResponse(LOGIN if wanted == "/console" else f"{LOGIN}?next={quote(wanted)}", 303)


async def _body(request: Request, most: int) -> bytes:
    """A form's bytes."""
    if request.method != "POST":
        return b""
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise NoForm("A form must be application/x-www-form-urlencoded.")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise NoForm(f"A form may have {most >> 10:,} KiB.")
    return bytes(body)
