"""Show what TikTok received, the dead letters with their reasons, and the ledger."""

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.demo.outcome import Outcome, connection_of
from cli.status.balance import balance_line
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED
from config.model import Configuration
from delivery.dead_letter import DeadLetter
from lanes.ledger import Reading
from operations.format import plural

API: Final = "/open_api/v1.3/"

# Match keys: the name in the table, and the paths in each API's events.
IDENTIFIERS: Final = (
    ("email", ("user.email", "context.user.email")),
    ("phone", ("user.phone", "context.user.phone_number")),
    ("ext id", ("user.external_id", "context.user.external_id")),
    ("name", ("user.last_name",)),
    ("click", ("user.ttclid", "ad.callback", "context.ad.callback")),
    ("cookie", ("user.ttp", "context.user.ttp")),
    ("idfa", ("user.idfa",)),
    ("ip", ("user.ip", "context.ip")),
)


def report(outcome: Outcome, configuration: Configuration) -> RenderableType:
    """Return the three tables, at most 110 characters wide."""
    return Group(
        "",
        _received(outcome, configuration),
        "",
        _dead_letters(outcome.dead_letters, configuration),
        "",
        _ledger(outcome.reading),
    )


def write(out: Console, file: Path) -> None:
    """Write what `out` has recorded, as an .svg without external fonts, or as text."""
    if file.suffix == ".svg":
        file.write_text(_FONTS.sub("", out.export_svg(title="relay demo", unique_id="relay-demo")))
    else:
        file.write_text("".join(f"{line.rstrip()}\n" for line in out.export_text().splitlines()))


_FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""rich names a font on another server; any monospace font works."""


def _received(outcome: Outcome, configuration: Configuration) -> Table:
    shown = _table(f"TikTok received {plural(len(outcome.received), 'event')}", GOOD)
    for column in ("connection", "event", "event id"):
        shown.add_column(column, no_wrap=True)
    shown.add_column("value", justify="right", no_wrap=True)
    shown.add_column("can be matched on")
    order = list(configuration.connections)
    rows = [(connection_of(event, configuration), event) for event in outcome.received]
    rows.sort(key=lambda row: (order.index(row[0]) if row[0] in order else len(order), _number(row[1]["event_id"])))
    for connection, same_connection in groupby(rows, key=lambda row: row[0]):
        shown.add_section()
        for number, (_, event) in enumerate(same_connection):
            api = event["endpoint"].removeprefix(API)
            where = Text(connection) if number == 0 else Text(api if number == 1 else "", style=MUTED)
            shown.add_row(where, event["event"], event["event_id"], _value(event["body"]), _match_keys(event["body"]))
    return shown


def _match_keys(body: Mapping[str, Any]) -> str:
    return ", ".join(identifiers(body))


def _dead_letters(dead_letters: list[DeadLetter], configuration: Configuration) -> Table:
    """Return a row for each event and reason, with all connections that it concerns."""
    shown = _table(
        f"{plural(len(dead_letters), 'dead letter')}, each with its reason; their batches' other events were delivered",
        BAD,
    )
    for column in ("event id", "connection", "reason and field"):
        shown.add_column(column, no_wrap=True)
    shown.add_column("what to do")
    order = list(configuration.connections)
    rows: dict[DeadLetter, list[str]] = {}
    for dead_letter in sorted(dead_letters, key=lambda each: (_number(each.event_id), order.index(each.connection))):
        rows.setdefault(_key_of(dead_letter), []).append(dead_letter.connection)
    for dead_letter, connections in rows.items():
        code = "" if dead_letter.tiktok_code is None else f" {dead_letter.tiktok_code}"
        reason = Text.assemble((dead_letter.reason + code, BAD), "\n", (dead_letter.field or "", MUTED))
        shown.add_row(dead_letter.event_id or "", "\n".join(connections), reason, dead_letter.message)
        shown.add_section()
    return shown


def _key_of(dead_letter: DeadLetter) -> DeadLetter:
    """Return the dead letter without the fields that differ between connections."""
    return DeadLetter(
        id="",
        connection="",
        input="",
        at_ms=0,
        reason=dead_letter.reason,
        message=dead_letter.message,
        field=dead_letter.field,
        event_id=dead_letter.event_id,
        tiktok_code=dead_letter.tiktok_code,
    )


def _number(event_id: str | None) -> str:
    """Return the number at the end of the demo's event ids, by which the tables are sorted."""
    return (event_id or "").rpartition("-")[2]


def _ledger(reading: Reading) -> Table:
    shown = _table("The ledger: every event accounted for", CAREFUL)
    shown.add_column("connection", no_wrap=True)
    shown.add_column("what came in = how it ended", no_wrap=True)
    for connection in reading.connections:
        shown.add_row(connection.name, balance_line(connection))
    return shown


def _table(title: str, style: str) -> Table:
    return Table(
        title=title,
        title_style=f"bold {style}",
        title_justify="left",
        header_style=MUTED,
        border_style=MUTED,
        box=box.HORIZONTALS,
        expand=True,
    )


def _value(body: Mapping[str, Any]) -> str:
    properties = body.get("properties", {})
    if "value" not in properties:
        return ""
    return f"{properties['value']:,.2f} {properties.get('currency', '')}"


def identifiers(body: Mapping[str, Any]) -> list[str]:
    """Return the names of the match keys in an event."""
    return [name for name, paths in IDENTIFIERS if any(_at(body, path) for path in paths)]


def _at(body: Mapping[str, Any], path: str) -> object:
    value: Any = body
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
