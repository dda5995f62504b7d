"""`relay tail`: show events as they end."""

import time
from collections.abc import Callable, Sequence
from typing import Final

import click
import msgspec
import redis

from cli.context import redis_url, settings_here
from cli.tail.screen import block
from cli.terminal.output import console, note
from cli.terminal.usage_errors import unknown_id
from operations.choices import unknown_events, unsent_events
from operations.format import plural
from operations.status.connections import Overview, overview
from operations.status.describe import describe_status
from store.client import connect
from store.errors import RedisAway
from store.records.live_watches import MOST_WATCHES, Watch, Watcher

TAKE_EVERY_S: Final = 0.5
TOO_MANY: Final = f"{MOST_WATCHES} watch already, which is the most. End another relay tail, or close a live page."


def tail(
    *,
    connections: tuple[str, ...],
    events: tuple[str, ...],
    outcomes: tuple[str, ...],
    number: int | None,
    as_json: bool,
) -> None:
    """Show events as they end, with what mParticle sent and what TikTok got and answered, masked."""
    settings = settings_here()
    with connect(redis_url(settings)) as client:
        seen = overview(settings, client)
        _check(connections, events, seen)
        watcher = Watcher(client, Watch(connections, events, outcomes))
        try:
            _follow(watcher, number, as_json, lambda: _note_beginning(connections, events, seen))
        except KeyboardInterrupt:
            pass
        finally:
            _end(watcher)


def _check(connections: Sequence[str], events: Sequence[str], seen: Overview) -> None:
    """Raise UsageError for an unknown connection, or an unknown TikTok event."""
    known = [status.id for status in seen.statuses]
    for connection in connections:
        if connection not in known:
            raise unknown_id("connection", connection, known)
    for sentence in unknown_events(events, seen):
        raise click.UsageError(sentence)


def _note_beginning(connections: Sequence[str], events: Sequence[str], seen: Overview) -> None:
    """Say that events are shown from now; name events and connections of which nothing can be expected now."""
    note("Watching: events are shown as they end. Ctrl-C ends it.")
    for sentence in unsent_events(events, connections, seen):
        note(sentence)
    for status in seen.statuses:
        if status.state != "healthy" and (not connections or status.id in connections):
            note(f"{status.id}: {describe_status(status, seen.reading.now_ms)}")


def _follow(watcher: Watcher, number: int | None, as_json: bool, begin: Callable[[], None]) -> None:
    """Print events until `number` of them came. Raise OperatorError when too many watch, RedisAway at the beginning."""
    left, begun = number, False
    while left is None or left > 0:
        try:
            taken = watcher.take()
        except RedisAway as away:
            if not begun:
                raise
            note(f"{away.trouble.problem}: trying again.")
            time.sleep(1.0)
            continue
        if taken is None:
            raise click.ClickException(TOO_MANY)
        if not begun:
            begin()
        begun = True
        for line in taken.lines[:left]:
            _print(line, as_json=as_json)
        if left is not None:
            left -= len(taken.lines)
        if taken.left_out:
            note(f"{plural(taken.left_out, 'further event')} ended and were left out.")
        if left is None or left > 0:
            time.sleep(TAKE_EVERY_S)


def _print(line: bytes, *, as_json: bool) -> None:
    if as_json:
        click.echo(line)
    else:
        console().print(block(msgspec.json.decode(line)), soft_wrap=True)


def _end(watcher: Watcher) -> None:
    try:
        watcher.end()
    except (RedisAway, redis.RedisError):
        return  # it expires within seconds
