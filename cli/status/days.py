"""`relay status --days N`: how the events of each day ended."""

import redis
from rich.console import Group
from rich.text import Text

from cli.terminal.output import BAD, MUTED, console, count, print_json, table
from operations.status.connections import Overview
from operations.status.daily import Day, days_of

_NUMBERS = ("accepted", "delivered", "dead_lettered", "unsupported", "withheld", "waiting")


def show_days(client: redis.Redis, seen: Overview, number: int, *, as_json: bool) -> None:
    """Print the last `number` days of every connection. Raise RedisAway."""
    ids = [status.id for status in seen.statuses]
    days = {id_: days_of(client, [id_], number, seen.reading.now_ms) for id_ in ids}
    if as_json:
        print_json([{"connection": name, **day.as_object()} for name, each in days.items() for day in each])
        return
    heads = [name.replace("_", "-") for name in _NUMBERS]
    rows = table("day (UTC)", "connection", *heads, "how they ended", right=heads)
    for same_day in zip(*days.values(), strict=True):
        for name, day in zip(days, same_day, strict=True):
            if day.total:
                rows.add_row(day.date.isoformat(), name, *_numbers(day), _by_event_and_reason(day))
    console().print(rows if rows.row_count else Text("no events in these days", style=MUTED))


def _numbers(day: Day) -> list[Text]:
    others = day.others
    ended = (day.delivered.total(), day.dead_lettered.total(), others["unsupported"], day.withheld.total())
    return [count(number) for number in (others["accepted"], *ended, day.waiting)]


def _by_event_and_reason(day: Day) -> Group:
    """Return a line for each TikTok event that was delivered, each with its reason that was not, and each rule."""
    lines = [Text(f"{number:,} {name} delivered") for name, number in day.delivered.most_common()]
    dead = [
        Text(f"{number:,} {name or 'unreadable event'} dead-lettered: {reason}", style=BAD)
        for name in day.tiktok_events
        for reason, number in day.reasons(name)
    ]
    withheld = [
        Text(f"{number:,} withheld{f': {rule}' if rule else ''}", style=MUTED)
        for rule, number in day.withheld.most_common()
    ]
    return Group(*lines, *dead, *withheld)
