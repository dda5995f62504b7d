"""Read the time within which a trace looks: a date, a time, or an age."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from operations.ages import parse_age
from operations.archive.search import Span
from operations.errors import OperatorError

_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_ALLOWED: Final = "a date such as 2026-11-24, a time such as 2026-11-24T08:30Z, or an age such as 7d, 12h or 30m"


class BadSpan(OperatorError):
    """The span is none; the message is a sentence."""


def read_span(
    since: str | None, until: str | None, now_ms: int, *, names: tuple[str, str] = ("--since", "--until")
) -> Span:
    """Return the span of these texts, whose `names` messages use.

    Raise BadSpan for what is no time, or for a span that ends first.
    """
    span = Span(
        None if since is None else _time(names[0], since, now_ms, of_date=timedelta()),
        None if until is None else _time(names[1], until, now_ms, of_date=timedelta(days=1)),
    )
    if span.since_ms is not None and span.until_ms is not None and span.since_ms >= span.until_ms:
        raise BadSpan(f"{names[0]} {since} is not before {names[1]} {until}.")
    return span


def _time(name: str, text: str, now_ms: int, of_date: timedelta) -> int:
    """Return a time in Unix milliseconds. `of_date` is added to a date."""
    text = text.strip()
    age = parse_age(text)
    if age is not None:
        return now_ms - age
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return round((at + of_date if _DATE.fullmatch(text) else at).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise BadSpan(f'{name} "{text}" is no time. Pass {_ALLOWED}. Times without an offset are UTC.') from None
