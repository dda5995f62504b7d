"""The console as an application: the table of its pages."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from config.settings import Settings
from console.beside_ingest import routes_to, routes_when_off
from console.dispatch import Dispatcher, NotFound, Page
from console.headers import secured
from console.pages import cases, configuration, days, live, login, match_keys, overview, trace, try_it
from console.pages.dead_letters import bulk_actions, details, editor, listing, reveals
from console.request import PageRequest
from console.services import Services, open_services

PAGES: Final[Sequence[tuple[str, str, Page]]] = (
    ("GET", "/console", overview.show),
    ("POST", "/console/logout", login.sign_out),
    ("POST", "/console/connections/{id}/pause", overview.pause),
    ("POST", "/console/connections/{id}/resume", overview.resume),
    ("GET", "/console/days/{day}", days.show),
    ("GET", "/console/dead-letters", listing.show),
    ("POST", "/console/dead-letters/replay", bulk_actions.replay),
    ("POST", "/console/dead-letters/discard", bulk_actions.discard),
    ("GET", "/console/dead-letters/export", listing.export),
    ("POST", "/console/dead-letters/export", listing.export_revealed),
    ("GET", "/console/dead-letters/{id}", details.show),
    ("POST", "/console/dead-letters/{id}", details.reveal),
    ("POST", "/console/dead-letters/{id}/edit", editor.edit),
    ("POST", "/console/dead-letters/{id}/preview", editor.preview),
    ("POST", "/console/dead-letters/{id}/save", editor.save),
    ("GET", "/console/reveals", reveals.show),
    ("GET", "/console/trace", trace.show),
    ("GET", "/console/match-keys", match_keys.show),
    ("GET", "/console/live", live.show),
    ("GET", "/console/live/stream", live.stream),
    ("GET", "/console/try", try_it.show),
    ("POST", "/console/try", try_it.preview),
    ("POST", "/console/try/send", try_it.send),
    ("POST", "/console/try/case", cases.save),
    ("POST", "/console/try/cases", cases.run),
    ("GET", "/console/configuration", configuration.show),
    ("POST", "/console/configuration", configuration.check),
)
READ_ONLY: Final = (editor.preview, try_it.preview, try_it.send, configuration.check)
"""Forms that change nothing in Redis."""
PUBLIC_PAGES: Final[Sequence[tuple[str, str, Page]]] = (
    ("GET", "/console/login", login.show),
    ("POST", "/console/login", login.sign_in),
    ("GET", "/console/static/{name}", login.static),
)


@contextmanager
def console_routes(settings: Settings) -> Iterator[list[BaseRoute]]:
    """Give the routes of everything under /console, served in this process. `settings` must have a `redis_url`."""
    if settings.admin_password is None:
        yield routes_when_off()
        return
    with open_services(settings) as services:
        yield routes_to(_console(services))


@contextmanager
def console_app(settings: Settings) -> Iterator[ASGIApp]:
    """Give the application that the console's own process serves."""
    with open_services(settings) as services:
        yield _console(services)


def _console(services: Services) -> Starlette:
    dispatcher = Dispatcher(services)
    routes = [
        *(dispatcher.route(*row, public=True) for row in PUBLIC_PAGES),
        *(dispatcher.route(*row, changes=row[0] == "POST" and row[2] not in READ_ONLY) for row in PAGES),
        *(dispatcher.route(method, "/console/{rest:path}", _no_page) for method in ("GET", "POST")),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _method_not_allowed})


def _no_page(services: Services, request: PageRequest) -> Response:
    del services
    if not request.path["rest"]:
        return RedirectResponse("/console", 303)
    raise NotFound("There is no such page.")


async def _method_not_allowed(_: Request, error: Exception) -> Response:
    """Answer a method that no route has."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return secured(PlainTextResponse("The console takes GET and POST.\n", status))
