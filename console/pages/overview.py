"""The overview: how each connection stands, who must do what, and the books over time."""

from starlette.responses import RedirectResponse, Response

import operations.connections
from console.chart import chart_of
from console.dispatch import NotFound
from console.request import PageRequest
from console.services import Services
from operations.status.daily import MOST_DAYS, days_of

SHOWN_DAYS = 14


def show(services: Services, request: PageRequest) -> Response:
    """Everything at one glance."""
    seen = services.overview()
    number = max(1, request.number("days", SHOWN_DAYS, MOST_DAYS))
    wanted = request.field("connection")
    chosen = [one.id for one in seen.statuses if wanted in ("", one.id)]
    days = days_of(services.redis, chosen, number, seen.reading.now_ms)
    return services.page(
        request,
        "overview.html",
        seen=seen,
        days=[day for day in days if day.came],
        number=number,
        connection=wanted,
        chart=chart_of(days),
    )


def pause(services: Services, request: PageRequest) -> Response:
    """Stop delivering for one connection."""
    operations.connections.pause(services.redis, _known(services, request))
    return RedirectResponse("/console", 303)


def resume(services: Services, request: PageRequest) -> Response:
    """Deliver again."""
    operations.connections.resume(services.redis, _known(services, request))
    return RedirectResponse("/console", 303)


def _known(services: Services, request: PageRequest) -> str:
    seen = services.overview()
    wanted = request.path["id"]
    if wanted not in {one.id for one in seen.statuses}:
        raise NotFound("There is no such connection.")
    return wanted
