"""`relay trace`: what became of events, by their ids."""

from typing import IO, Final

import msgspec

from cli.context import open_store
from cli.terminal.output import console, note, print_json
from cli.trace.ids import read_ids
from cli.trace.screen import screen
from delivery.dead_letter import rfc3339
from operations.archive.search import Archive
from operations.receipts.trace import Trace, trace
from operations.status.connections import overview

_NOT_SEEN: Final = "Unsupported events are only counted, and have no receipt."


def trace_command(*, event_ids: tuple[str, ...], file: IO[str] | None, column: str | None, as_json: bool) -> None:
    """Show what became of events: each item of them, for each connection, on a timeline."""
    ids = read_ids(event_ids, file, column)
    with open_store() as store:
        seen = overview(store.settings, store.client)
        found = trace(store, seen.reading, ids, Archive.of(store.settings))
    if as_json:
        print_json([item.as_object() for items in found.items.values() for item in items if item.is_outcome])
    else:
        console().print(screen(found, seen))
    _print_unknown(found, as_json=as_json)
    if found.archive_problem:
        note(f"The archive could not be read, so older receipts are missing: {found.archive_problem}.")
    raise SystemExit(bool(found.unknown or found.archive_problem))


def _print_unknown(found: Trace, *, as_json: bool) -> None:
    """Print on stderr the ids of which nothing is known, and since when that means something."""
    unknown = found.unknown
    if not unknown:
        return
    since = None if found.since_ms is None else rfc3339(found.since_ms)
    if as_json:
        note(msgspec.json.encode({"unknown": unknown, "receipts_since": since}).decode())
        return
    note(f"Not seen: {', '.join(unknown)}")
    reach = "There are no receipts yet." if since is None else f"Receipts reach back to {since}."
    note(f"{reach} {_NOT_SEEN}")
