"""`relay preview --diff OLD NEW FILE…`: what a change of configuration would change in what is sent."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, console, plain, print_json, table
from config.file import load
from config.model import Connection, Input
from config.settings import Settings
from operations.format import plural
from operations.preview.diff import ABSENT, Change, Comparison, EventChange, FieldChange, RequestChange, compare_all
from operations.preview.preview import pairs_of, preview_all

SHOWN_EVENTS = 20
"""Of a request, to people; `--json` holds all."""
_STYLES: dict[Change, str] = {"added": GOOD, "removed": BAD, "changed": CAREFUL}

Wanted = Callable[[Input, Connection], bool]


def show_diff(
    files: tuple[str, str], batches: Sequence[bytes], wanted: Wanted, settings: Settings, *, as_json: bool
) -> None:
    """Print it. Raises ConfigurationError for either file, and RefusedBatch."""
    now_ms = time.time_ns() // 1_000_000
    sides = []
    for file in files:
        pairs = [pair for pair in pairs_of(load(Path(file), keyring=settings.keyring)) if wanted(*pair)]
        sides.append(preview_all(batches, pairs, settings.tiktok_url, now_ms))
    compared = compare_all(*sides)
    if as_json:
        print_json([as_object(one) for one in compared])
        return
    out = console()
    changed = [one for one in compared if one.change is not None]
    for one in changed:
        out.print(_shown(one))
    out.print(_sum(changed, len(compared)))


def as_object(one: Comparison) -> dict[str, Any]:
    """As `--json` has it: every input and connection, `change` null where nothing changes."""
    return {
        "connection": one.connection,
        "input": one.input,
        "change": one.change,
        "requests": [
            {
                "request": request.number,
                "change": request.change,
                "fields": [_field_object(field) for field in request.fields],
                "events": [
                    {
                        "index": event.index,
                        "tiktok_event": event.tiktok_event,
                        "change": event.change,
                        "fields": [_field_object(field) for field in event.fields],
                    }
                    for event in request.events
                ],
            }
            for request in one.requests
        ],
        "outcomes": [{"index": each.index, "before": each.before, "after": each.after} for each in one.outcomes],
    }


def _field_object(field: FieldChange) -> dict[str, Any]:
    """A side that has no such field has no such key, for null might be a value."""
    sides = {"before": field.before, "after": field.after}
    return {"path": field.path, **{name: value for name, value in sides.items() if value is not ABSENT}}


def _shown(one: Comparison) -> RenderableType:
    title = Text.assemble(
        (f"{one.input} → {one.connection}", "bold"), (f"  {one.change}", _STYLES[one.change or "changed"])
    )
    parts: list[RenderableType] = [Rule(title, align="left", style=MUTED)]
    parts.extend(_request(request) for request in one.requests)
    if one.outcomes:
        rows = table("event", "becomes now", "would become", title="What becomes of events")
        for each in one.outcomes[:SHOWN_EVENTS]:
            rows.add_row(str(each.index), _words(each.before), _words(each.after))
        parts.extend((rows, *_more(len(one.outcomes))))
    return Group(*parts, "")


def _request(request: RequestChange) -> RenderableType:
    line = Text.assemble((f"request {request.number}", "bold"), (f"  {request.change}", _STYLES[request.change]))
    parts: list[RenderableType] = [line, *_fields(request.fields)]
    for event in request.events[:SHOWN_EVENTS]:
        parts.append(_event(event))
        parts.extend(_fields(event.fields))
    return Group(*parts, *_more(len(request.events)))


def _event(event: EventChange) -> Text:
    return Text.assemble(f"  {event.tiktok_event} ({event.index})", (f"  {event.change}", _STYLES[event.change]))


def _fields(fields: Iterable[FieldChange]) -> list[RenderableType]:
    return [Text.assemble((f"    {one.path}: ", MUTED), _value(one.before), " → ", _value(one.after)) for one in fields]


def _value(value: Any) -> Text:
    if value is ABSENT:
        return Text("nothing", style=MUTED)
    return Text(plain(msgspec.json.encode(value).decode()))


def _words(outcome: tuple[str, ...]) -> str:
    return "; ".join(outcome) or "nothing: not taken"


def _more(events: int) -> list[RenderableType]:
    more = events - SHOWN_EVENTS
    return [Text(f"… and {plural(more, 'event')} more; --json shows all", style=MUTED)] if more > 0 else []


def _sum(changed: Sequence[Comparison], compared: int) -> Text:
    if not changed:
        return Text("nothing changes: the same requests, byte for byte", style=GOOD)
    events = sum(len(request.events) for one in changed for request in one.requests)
    where = f"{len(changed)} of {plural(compared, 'connection and input', 'connections and inputs')}"
    return Text(f"{plural(events, 'event')} would be sent differently, in {where}", style=CAREFUL)
