"""One day: how its events ended, by TikTok event and reason, with links to its dead letters."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from console.dispatch import NotFound
from console.filters import unknown_connection
from console.request import PageRequest
from console.services import Services
from operations.dead_letters.query import NONE, DeadLetterQuery
from operations.status.daily import Day, day_number, days_of

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(9000, 1, 1)
"""The days that have a page; the days before and after them are valid dates."""


def show(services: Services, request: PageRequest) -> Response:
    """Show the day in the URL, for one connection or for all."""
    day = _day(request.path["day"])
    overview = services.overview()
    names = [status.id for status in overview.statuses]
    connection = request.field("connection")
    chosen = [name for name in names if connection in ("", name)]
    today = datetime.fromtimestamp(overview.reading.now_ms / 1000, UTC).date()
    number = day_number(today) - day_number(day) + 1
    days = days_of(services.redis, chosen, number, overview.reading.now_ms) if number > 0 else []
    existing: Counter[tuple[str, str]] = Counter()
    for key, entries in services.index.find(chosen, DeadLetterQuery(received=day.isoformat())).keys:
        existing[key.tiktok_event or NONE, key.reason] += len(entries)
    return services.page(
        request,
        "day.html",
        day=days[-1] if days and days[-1].date == day else Day(day),
        connections=names,
        connection=connection,
        unknown=unknown_connection(request, names),
        existing=existing,
        no_event=NONE,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < today else None,
    )


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise NotFound("There is no such day. Write a day as 2026-11-24.") from None
    return day
