"""The screen of `relay trace`: a timeline for each event, or, for many events, a line for each item."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, plain, table
from delivery.dead_letter import rfc3339
from operations.format import plural
from operations.receipts.describe_item import ASIDE, describe_item
from operations.receipts.item import TraceItem
from operations.receipts.timeline import Arrival, timeline
from operations.receipts.trace import Trace
from operations.status.connections import Overview

_STYLES: Final = {"delivered": GOOD, "dead_lettered": BAD, "waiting": CAREFUL, "replayed": MUTED}
_FEW: Final = 20
"""Up to this number, each event has a timeline; of more events, each item has a line."""


def screen(found: Trace, seen: Overview) -> RenderableType:
    """Return what is shown of these events; those of which nothing is known are omitted."""
    known = {event_id: items for event_id, items in found.items.items() if items}
    if len(known) > _FEW:
        return Group(_lines(list(known.values())), "", Text(_summary(found)))
    parts: list[RenderableType] = []
    for event_id, items in known.items():
        parts += [Text(plain(event_id), style="bold"), _timeline(items, seen), ""]
    return Group(*parts[:-1])


def _timeline(items: Sequence[TraceItem], seen: Overview) -> Table:
    rows = table("", "", "", "", "")
    rows.show_header = False
    for line in timeline(items):
        if isinstance(line, Arrival):
            rows.add_row(rfc3339(line.received_ms), "received", line.input)
            continue
        at, facts = "now" if line.at_ms is None else rfc3339(line.at_ms), line.facts
        what = Text(facts.outcome.replace("_", "-"), style=_STYLES.get(facts.outcome, ""))
        rows.add_row(at, what, facts.connection, facts.tiktok_event or "", Text("\n").join(_details(line, seen)))
    return rows


def _details(item: TraceItem, seen: Overview) -> Iterator[Text]:
    """Yield a line for each thing to know about an item."""
    for fact in describe_item(item, seen):
        yield Text(plain(fact.text), style=MUTED if fact.subject in ASIDE else "")


def _lines(known: Sequence[Sequence[TraceItem]]) -> Table:
    rows = table("event id", "ended", "connection", "TikTok event", "outcome", "reason", "request id")
    for item in (item for items in known for item in items if item.is_outcome):
        facts = item.facts
        outcome = Text(facts.outcome.replace("_", "-"), style=_STYLES.get(facts.outcome, ""))
        ended = "" if item.at_ms is None else rfc3339(item.at_ms)
        about = (facts.tiktok_event or "", outcome, facts.reason or "", facts.tiktok_request_id or "")
        rows.add_row(plain(item.event_id), ended, facts.connection, *about)
    return rows


def _summary(found: Trace) -> str:
    """Return `1,000 events: 990 delivered, 8 dead-lettered, 2 not seen`; each by how its newest item stands."""
    newest = (next((item for item in reversed(items) if item.is_outcome), None) for items in found.items.values())
    last = Counter(item.facts.outcome for item in newest if item is not None)
    counted = [f"{number:,} {outcome.replace('_', '-')}" for outcome, number in last.most_common()]
    counted += [f"{len(found.unknown):,} not seen"] if found.unknown else []
    return f"{plural(len(found.items), 'event')}: {', '.join(counted)}"
