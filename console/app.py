"""The console as routes for ingest: a table of its pages, or the sentence that says how to switch it on."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from config.settings import Settings
from console.desk import Desk, open_desk
from console.headers import secured
from console.pages import bulk_actions as bulk_actions
from console.pages import configuration, days, entrance, letter, letter_editor, letters, overview, reveals, try_it
from console.process import console_process
from console.reception import NotThere, Page, Reception
from console.visit import Visit

OFF: Final = "The console is off: set RELAY_ADMIN_PASSWORD and start relay again.\n"

PAGES: Final[Sequence[tuple[str, str, Page]]] = (
    ("GET", "/console", overview.show),
    ("POST", "/console/logout", entrance.leave),
    ("POST", "/console/connections/{id}/pause", overview.pause),
    ("POST", "/console/connections/{id}/resume", overview.resume),
    ("GET", "/console/days/{day}", days.show),
    ("GET", "/console/dead-letters", letters.show),
    ("POST", "/console/dead-letters/replay", bulk_actions.replay),
    ("POST", "/console/dead-letters/discard", bulk_actions.discard),
    ("GET", "/console/dead-letters/export", letters.export),
    ("POST", "/console/dead-letters/export", letters.export_revealed),
    ("GET", "/console/dead-letters/{id}", letter.show),
    ("POST", "/console/dead-letters/{id}", letter.reveal),
    ("POST", "/console/dead-letters/{id}/edit", letter_editor.edit),
    ("POST", "/console/dead-letters/{id}/outlook", letter_editor.outlook),
    ("POST", "/console/dead-letters/{id}/keep", letter_editor.keep),
    ("GET", "/console/reveals", reveals.show),
    ("GET", "/console/try", try_it.show),
    ("POST", "/console/try", try_it.preview),
    ("POST", "/console/try/send", try_it.send),
    ("GET", "/console/configuration", configuration.show),
    ("POST", "/console/configuration", configuration.check),
)
FOR_STRANGERS: Final[Sequence[tuple[str, str, Page]]] = (
    ("GET", "/console/login", entrance.show),
    ("POST", "/console/login", entrance.enter),
    ("GET", "/console/static/{name}", entrance.static),
)


@contextmanager
def console_routes(settings: Settings) -> Iterator[list[BaseRoute]]:
    """Everything under /console, in this process, while it is open; `settings` have a `redis_url`."""
    if settings.admin_password is None:
        yield _under_console(Starlette(routes=_everywhere(_off)))
        return
    with open_desk(settings) as desk:
        yield _under_console(_console(desk))


@contextmanager
def console_of_its_own(settings: Settings, command: Callable[[int], Sequence[str]]) -> Iterator[list[BaseRoute]]:
    """Everything under /console, in a process of its own; `command` as ConsoleProcess has it."""
    if settings.admin_password is None:
        with console_routes(settings) as routes:
            yield routes
        return
    with console_process(command) as passage:
        yield _under_console(passage)


@contextmanager
def console_app(settings: Settings) -> Iterator[ASGIApp]:
    """The application that the console's own process serves."""
    with open_desk(settings) as desk:
        yield _console(desk)


def _under_console(app: ASGIApp) -> list[BaseRoute]:
    return [Route("/console", app), Route("/console/{rest:path}", app)]


def _console(desk: Desk) -> Starlette:
    reception = Reception(desk)
    routes = [
        *(reception.route(*row, for_strangers=True) for row in FOR_STRANGERS),
        *(reception.route(*row) for row in PAGES),
        *(reception.route(method, "/console/{rest:path}", _nothing) for method in ("GET", "POST")),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _not_so})


def _nothing(desk: Desk, visit: Visit) -> Response:
    del desk
    if not visit.path["rest"]:
        return RedirectResponse("/console", 303)
    raise NotThere("There is no such page.")


async def _not_so(_: Request, error: Exception) -> Response:
    """What no route takes: another method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return secured(PlainTextResponse("The console takes GET and POST.\n", status))


async def _off(_: Request) -> Response:
    return secured(PlainTextResponse(OFF, 404))


def _everywhere(answer: Callable[[Request], Awaitable[Response]]) -> list[BaseRoute]:
    methods = ["GET", "POST"]
    return [Route("/console", answer, methods=methods), Route("/console/{rest:path}", answer, methods=methods)]
