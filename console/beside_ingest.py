"""Give ingest the console's routes without the console: its pages are a process of their own, or off.

Nothing here imports a page: ingest would hold the whole console in memory.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from config.settings import Settings
from console.headers import secured
from console.process.forward import console_process

OFF: Final = "The console is off: set RELAY_ADMIN_PASSWORD and restart relay.\n"


@contextmanager
def console_in_own_process(settings: Settings, command: Callable[[int], Sequence[str]]) -> Iterator[list[BaseRoute]]:
    """Give the routes of everything under /console, served by a process of its own.

    `command` is as in ConsoleProcess.
    """
    if settings.admin_password is None:
        yield routes_when_off()
        return
    with console_process(command) as forwarder:
        yield routes_to(forwarder)


def routes_to(app: ASGIApp) -> list[BaseRoute]:
    """Return the routes of everything under /console to an application."""
    return [Route("/console", app), Route("/console/{rest:path}", app)]


def routes_when_off() -> list[BaseRoute]:
    """Return routes that answer how to switch the console on."""
    return routes_to(Starlette(routes=_answered_by(_off)))


async def _off(_: Request) -> Response:
    return secured(PlainTextResponse(OFF, 404))


def _answered_by(answer: Callable[[Request], Awaitable[Response]]) -> list[BaseRoute]:
    methods = ["GET", "POST"]
    return [Route("/console", answer, methods=methods), Route("/console/{rest:path}", answer, methods=methods)]
