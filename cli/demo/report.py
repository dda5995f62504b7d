"""What the demo shows at its end: what TikTok received, what became a dead letter and why, and the ledger."""

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

# Where each API has what TikTok finds a person by, and what the table calls it.
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
    """The three parts, fit for 110 columns."""
    return Group(
        "",
        _received(outcome, configuration),
        "",
        _letters(outcome.dead_letters, configuration),
        "",
        _books(outcome.reading),
    )


def write(out: Console, file: Path) -> None:
    """What `out` has recorded, as an .svg that needs no font from elsewhere, or as text."""
    if file.suffix == ".svg":
        file.write_text(_FONTS.sub("", out.export_svg(title="relay demo", unique_id="relay-demo")))
    else:
        file.write_text("".join(f"{line.rstrip()}\n" for line in out.export_text().splitlines()))


_FONTS: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""rich asks for a font from a server elsewhere; any monospace font does."""


def _received(outcome: Outcome, configuration: Configuration) -> Table:
    made = _table(f"TikTok received {plural(len(outcome.received), 'event')}", GOOD)
    for column in ("connection", "event", "event id"):
        made.add_column(column, no_wrap=True)
    made.add_column("value", justify="right", no_wrap=True)
    made.add_column("can be matched on")
    order = list(configuration.connections)
    rows = [(connection_of(one, configuration), one) for one in outcome.received]
    rows.sort(key=lambda row: (order.index(row[0]) if row[0] in order else len(order), _number(row[1]["event_id"])))
    for connection, group in groupby(rows, key=lambda row: row[0]):
        made.add_section()
        for number, (_, one) in enumerate(group):
            api = one["endpoint"].removeprefix(API)
            where = Text(connection) if number == 0 else Text(api if number == 1 else "", style=MUTED)
            made.add_row(where, one["event"], one["event_id"], _value(one["body"]), _said(one["body"]))
    return made


def _said(body: Mapping[str, Any]) -> str:
    return ", ".join(identifiers(body))


def _letters(letters: list[DeadLetter], configuration: Configuration) -> Table:
    """One row for each event and reason: connections that share an input say the same of it."""
    made = _table(
        f"{plural(len(letters), 'dead letter')}, each with its reason; the rest of their batches was delivered", BAD
    )
    for column in ("event id", "connection", "reason and field"):
        made.add_column(column, no_wrap=True)
    made.add_column("what to do")
    order = list(configuration.connections)
    rows: dict[DeadLetter, list[str]] = {}
    for letter in sorted(letters, key=lambda one: (_number(one.event_id), order.index(one.connection))):
        rows.setdefault(_said_alike(letter), []).append(letter.connection)
    for letter, connections in rows.items():
        code = "" if letter.tiktok_code is None else f" {letter.tiktok_code}"
        reason = Text.assemble((letter.reason + code, BAD), "\n", (letter.field or "", MUTED))
        made.add_row(letter.event_id or "", "\n".join(connections), reason, letter.message)
        made.add_section()
    return made


def _said_alike(letter: DeadLetter) -> DeadLetter:
    """The letter without what differs between connections that say the same of one event."""
    return DeadLetter(
        id="",
        connection="",
        input="",
        at_ms=0,
        reason=letter.reason,
        message=letter.message,
        field=letter.field,
        event_id=letter.event_id,
        tiktok_code=letter.tiktok_code,
    )


def _number(event_id: str | None) -> str:
    """The demo's ids end in a number that follows the story."""
    return (event_id or "").rpartition("-")[2]


def _books(reading: Reading) -> Table:
    made = _table("The ledger: every event accounted for", CAREFUL)
    made.add_column("connection", no_wrap=True)
    made.add_column("what came in = how it ended", no_wrap=True)
    for connection in reading.connections:
        made.add_row(connection.name, balance_line(connection))
    return made


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
    """What TikTok could find the person by."""
    return [name for name, paths in IDENTIFIERS if any(_at(body, path) for path in paths)]


def _at(body: Mapping[str, Any], path: str) -> object:
    value: Any = body
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
