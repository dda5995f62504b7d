"""The overview: the status of each connection, what the operator has to do, and the daily counts."""

from starlette.responses import RedirectResponse, Response

import operations.connections
from console.chart import chart_of
from console.dispatch import NotFound
from console.filters import unknown_connection
from console.request import PageRequest
from console.services import Services
from operations.status.daily import MOST_DAYS, days_of

SHOWN_DAYS = 14


def show(services: Services, request: PageRequest) -> Response:
    """Show the status of all connections, and the daily counts of one or of all."""
    overview = services.overview()
    number = max(1, request.number("days", SHOWN_DAYS, MOST_DAYS))
    connection = request.field("connection")
    chosen = [status.id for status in overview.statuses if connection in ("", status.id)]
    days = days_of(services.redis, chosen, number, overview.reading.now_ms)
    return services.page(
        request,
        "overview.html",
        overview=overview,
        days=[day for day in days if day.total],
        number=number,
        connection=connection,
        unknown=unknown_connection(request, [status.id for status in overview.statuses]),
        chart=chart_of(days),
    )


def pause(services: Services, request: PageRequest) -> Response:
    """Pause delivery for the connection in the URL."""
    operations.connections.pause(services.redis, _known_connection(services, request))
    return RedirectResponse("/console", 303)


def resume(services: Services, request: PageRequest) -> Response:
    """Resume delivery for the connection in the URL."""
    operations.connections.resume(services.redis, _known_connection(services, request))
    return RedirectResponse("/console", 303)


def _known_connection(services: Services, request: PageRequest) -> str:
    """Return the id of the connection in the URL. Raise NotFound."""
    connection = request.path["id"]
    if connection not in {status.id for status in services.overview().statuses}:
        raise NotFound("There is no such connection.")
    return connection
