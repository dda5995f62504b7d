"""`relay status --match-keys`: which identifiers delivered events carried, and why others were omitted."""

from collections.abc import Sequence

import redis
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.terminal.output import CAREFUL, MUTED, console, count, print_json, table
from mapping.match_keys import MATCH_KEYS, MatchKey
from operations.match_keys import KeyCounts, MatchKeyDay, match_key_days
from operations.status.connections import Overview


def show_match_keys(client: redis.Redis, seen: Overview, number: int, *, as_json: bool) -> None:
    """Print the match keys of the last `number` days of every connection. Raise RedisAway."""
    days = match_key_days(client, [status.id for status in seen.statuses], number, seen.reading.now_ms)
    if as_json:
        print_json([shown for day in days for shown in _objects(day)])
        return
    tables = [_table(day, event, counts) for day in days for event, counts in sorted(day.events.items())]
    console().print(_spaced(tables) if tables else Text("no events were delivered in these days", style=MUTED))


def _objects(day: MatchKeyDay) -> list[dict[str, object]]:
    about = {"day": day.date.isoformat(), "connection": day.connection}
    return [{**about, "tiktok_event": event, **counts.as_object()} for event, counts in sorted(day.events.items())]


def _table(day: MatchKeyDay, event: str, counts: KeyCounts) -> Table:
    title = f"{day.connection}  {event}  {day.date.isoformat()} (UTC), {counts.events:,} delivered"
    numbers = ("carried", "filled", "share", "without")
    rows = table("match key", *numbers, "omitted", title=title, right=numbers)
    for key in MATCH_KEYS:
        if counts.sent[key.code] or counts.why_lost(key.code) or key.grade != "none":
            rows.add_row(*_row(key, counts))
    return rows


def _row(key: MatchKey, counts: KeyCounts) -> Sequence[RenderableType]:
    lost = [f"{number:,} {why}" for why, number in counts.why_lost(key.code)]
    share = f"{counts.sent[key.code] / counts.events:.0%}" if counts.events else "–"
    numbers = count(counts.carried(key.code)), count(counts.filled[key.code]), share
    return key.name, *numbers, count(counts.absent(key.code)), Text("\n".join(lost), style=CAREFUL)


def _spaced(tables: Sequence[Table]) -> Group:
    parts: list[RenderableType] = []
    for each in tables:
        parts += [each, ""]
    return Group(*parts[:-1])
