"""`relay preview --diff OLD NEW FILE…`: show what a change of the configuration would change in requests."""

import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from cli.preview.pairs import Pairs
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, console, plain, print_json, table
from operations.format import plural
from operations.preview.diff import ABSENT, Change, Comparison, EventChange, FieldChange, RequestChange, compare_all
from operations.preview.preview import preview_all

SHOWN_EVENTS = 20
"""Events of a request that people see; `--json` has all."""
_STYLES: dict[Change, str] = {"added": GOOD, "removed": BAD, "changed": CAREFUL}


def show_diff(sides: Iterable[Pairs], batches: Sequence[bytes], tiktok_url: str, *, as_json: bool) -> None:
    """Print the differences between the pairs of the former file and those of the new one. Raise RefusedBatch."""
    now_ms = time.time_ns() // 1_000_000
    compared = compare_all(*(preview_all(batches, pairs, tiktok_url, now_ms) for pairs in sides))
    if as_json:
        print_json([as_object(comparison) for comparison in compared])
        return
    out = console()
    changed = [comparison for comparison in compared if comparison.change is not None]
    for comparison in changed:
        out.print(_shown(comparison))
    out.print(_sum(changed, len(compared)))


def as_object(comparison: Comparison) -> dict[str, Any]:
    """Return the object of `--json`: every input and connection; `change` is null where nothing changes."""
    return {
        "connection": comparison.connection,
        "input": comparison.input,
        "change": comparison.change,
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
            for request in comparison.requests
        ],
        "outcomes": [
            {"index": outcome.index, "before": outcome.before, "after": outcome.after}
            for outcome in comparison.outcomes
        ],
    }


def _field_object(field: FieldChange) -> dict[str, Any]:
    """Return the change of a field; a side without the field has no key, because null may be a value."""
    sides = {"before": field.before, "after": field.after}
    return {"path": field.path, **{name: value for name, value in sides.items() if value is not ABSENT}}


def _shown(comparison: Comparison) -> RenderableType:
    title = Text.assemble(
        (f"{comparison.input} → {comparison.connection}", "bold"),
        (f"  {comparison.change}", _STYLES[comparison.change or "changed"]),
    )
    parts: list[RenderableType] = [Rule(title, align="left", style=MUTED)]
    parts.extend(_request(request) for request in comparison.requests)
    if comparison.outcomes:
        rows = table("event", "becomes now", "would become", title="Changed outcomes")
        for outcome in comparison.outcomes[:SHOWN_EVENTS]:
            rows.add_row(str(outcome.index), _words(outcome.before), _words(outcome.after))
        parts.extend((rows, *_more(len(comparison.outcomes))))
    return Group(*parts, "")


def _request(request: RequestChange) -> RenderableType:
    line = Text.assemble((f"request {request.number + 1}", "bold"), (f"  {request.change}", _STYLES[request.change]))
    parts: list[RenderableType] = [line, *_fields(request.fields)]
    for event in request.events[:SHOWN_EVENTS]:
        parts.append(_event(event))
        parts.extend(_fields(event.fields))
    return Group(*parts, *_more(len(request.events)))


def _event(event: EventChange) -> Text:
    return Text.assemble(f"  {event.tiktok_event} ({event.index})", (f"  {event.change}", _STYLES[event.change]))


def _fields(fields: Iterable[FieldChange]) -> list[RenderableType]:
    return [
        Text.assemble((f"    {field.path}: ", MUTED), _value(field.before), " → ", _value(field.after))
        for field in fields
    ]


def _value(value: Any) -> Text:
    if value is ABSENT:
        return Text("nothing", style=MUTED)
    return Text(plain(msgspec.json.encode(value).decode()))


def _words(outcome: tuple[str, ...]) -> str:
    return "; ".join(outcome) or "nothing: not accepted"


def _more(events: int) -> list[RenderableType]:
    more = events - SHOWN_EVENTS
    return [Text(f"… and {plural(more, 'event')} more; --json shows all", style=MUTED)] if more > 0 else []


def _sum(changed: Sequence[Comparison], compared: int) -> Text:
    if not changed:
        return Text("nothing changes: the requests are identical", style=GOOD)
    events = sum(len(request.events) for comparison in changed for request in comparison.requests)
    where = f"{len(changed)} of {plural(compared, 'connection and input', 'connections and inputs')}"
    return Text(f"{plural(events, 'event')} would be sent differently, in {where}", style=CAREFUL)
