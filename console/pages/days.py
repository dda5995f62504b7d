"""One day: where its events went, to the TikTok event and the reason, each with a way to its dead letters."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

from starlette.responses import Response

from console.dispatch import NotFound
from console.request import PageRequest
from console.services import Services
from operations.dead_letters.query import NONE, DeadLetterQuery
from operations.status.daily import Day, day_number, days_of

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(9000, 1, 1)
"""Days that have one before and one after them, and events."""


def show(services: Services, request: PageRequest) -> Response:
    """The day in the address, of one connection or of all."""
    day = _date(request.path["day"])
    seen = services.overview()
    names = [one.id for one in seen.statuses]
    wanted = request.field("connection")
    chosen = [name for name in names if wanted in ("", name)]
    today = datetime.fromtimestamp(seen.reading.now_ms / 1000, UTC).date()
    number = day_number(today) - day_number(day) + 1
    found = days_of(services.redis, chosen, number, seen.reading.now_ms) if number > 0 else []
    here: Counter[tuple[str, str]] = Counter()
    for key, entries in services.index.find(chosen, DeadLetterQuery(received=day.isoformat())).keys:
        here[key.tiktok_event or NONE, key.reason] += len(entries)
    return services.page(
        request,
        "day.html",
        day=found[-1] if found and found[-1].date == day else Day(day),
        connections=names,
        connection=wanted,
        here=here,
        none=NONE,
        before=day - timedelta(days=1),
        after=day + timedelta(days=1) if day < today else None,
    )


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= LAST_DAY:
        raise NotFound("There is no such day: write it as 2026-11-24.") from None
    return day
