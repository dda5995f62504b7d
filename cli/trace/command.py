"""`relay trace`: what became of events, by their ids."""

from typing import IO, Final

import click
import msgspec

from cli.changes import open_store
from cli.terminal.output import console, note, print_json
from cli.trace.ids import read_ids
from cli.trace.screen import screen
from delivery.dead_letter import rfc3339
from operations.archive.search import Archive, Span
from operations.receipts.span import BadSpan, read_span
from operations.receipts.trace import Trace, describe_reach, trace
from operations.status.connections import overview

_NOT_SEEN: Final = "Unsupported events are only counted, and have no receipt."


def trace_command(
    *,
    event_ids: tuple[str, ...],
    file: IO[str] | None,
    column: str | None,
    since: str | None,
    until: str | None,
    as_json: bool,
) -> None:
    """Show what became of events: each item of them, for each connection, on a timeline."""
    ids = read_ids(event_ids, file, column)
    with open_store() as store:
        seen = overview(store.settings, store.client)
        span = _span(since, until, seen.reading.now_ms)
        found = trace(store, seen.reading, ids, Archive.of(store.settings), span)
    if as_json:
        print_json([item.as_object() for items in found.items.values() for item in items if item.is_outcome])
    else:
        console().print(screen(found, seen))
    _print_unknown(found, seen.cell, as_json=as_json)
    if found.archive_problem:
        note(f"The archive could not be read, so older receipts are missing: {found.archive_problem}.")
    raise SystemExit(bool(found.unknown or found.archive_problem))


def _span(since: str | None, until: str | None, now_ms: int) -> Span:
    """Return the span of the options. Raise UsageError."""
    try:
        return read_span(since, until, now_ms)
    except BadSpan as bad:
        raise click.UsageError(str(bad)) from None


def _print_unknown(found: Trace, cell: str, *, as_json: bool) -> None:
    """Print on stderr the ids of which nothing is known, and since when that means something."""
    unknown = found.unknown
    if not unknown:
        return
    if as_json:
        since, until = (None if at is None else rfc3339(at) for at in (found.since_ms, found.until_ms))
        about = {
            "unknown": unknown,
            "receipts_since": since,
            "receipts_until": until,
            "receipts_lost": found.lost,
            "cell": cell or None,
        }
        note(msgspec.json.encode(about).decode())
        return
    note(f"Not seen{f' in cell {cell}' if cell else ''}: {', '.join(unknown)}")
    note(f"{describe_reach(found)} {_NOT_SEEN}")
