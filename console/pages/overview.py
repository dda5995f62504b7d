"""The overview: how each connection stands, who must do what, and the books over time."""

from starlette.responses import RedirectResponse, Response

import operations.connections
from console.chart import chart_of
from console.desk import Desk
from console.reception import NotThere
from console.visit import Visit
from operations.status.daily import MOST_DAYS, days_of

SHOWN_DAYS = 14


def show(desk: Desk, visit: Visit) -> Response:
    """Everything at one glance."""
    seen = desk.overview()
    number = max(1, visit.number("days", SHOWN_DAYS, MOST_DAYS))
    wanted = visit.field("connection")
    chosen = [one.id for one in seen.statuses if wanted in ("", one.id)]
    days = days_of(desk.redis, chosen, number, seen.reading.now_ms)
    return desk.page(
        visit,
        "overview.html",
        seen=seen,
        days=[day for day in days if day.came],
        number=number,
        connection=wanted,
        chart=chart_of(days),
    )


def pause(desk: Desk, visit: Visit) -> Response:
    """Stop delivering for one connection."""
    operations.connections.pause(desk.redis, _known(desk, visit))
    return RedirectResponse("/console", 303)


def resume(desk: Desk, visit: Visit) -> Response:
    """Deliver again."""
    operations.connections.resume(desk.redis, _known(desk, visit))
    return RedirectResponse("/console", 303)


def _known(desk: Desk, visit: Visit) -> str:
    seen = desk.overview()
    wanted = visit.path["id"]
    if wanted not in {one.id for one in seen.statuses}:
        raise NotThere("There is no such connection.")
    return wanted
