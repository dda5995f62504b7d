"""`relay preview`: what batches would become, connection by connection; nothing is sent and no Redis is needed."""

from typing import Any

import click
import msgspec
from rich.console import Group, RenderableType
from rich.json import JSON
from rich.rule import Rule
from rich.text import Text

from cli.batch_file import FILE, read_batches
from cli.failures import BadNews
from cli.output import BAD, CAREFUL, MUTED, console, plain, plural, print_json, table
from cli.previewing import Preview, RefusedBatch, Request, pairs_of, preview_all
from cli.setting import configuration_of, settings_here
from cli.wrong_use import unknown_id
from config.model import Configuration, Connection, Input

SHOWN_EVENTS = 10
"""Of a request, to people; `--json` holds all."""


@click.command
@click.argument("file", type=FILE)
@click.option("--input", "input_id", metavar="ID", help="Only as if it came from this input.")
@click.option("--connection", "connection_id", metavar="ID", help="Only for this connection.")
@click.option(
    "--json", "as_json", is_flag=True, help="JSON alone on stdout; each body is exactly what would be posted."
)
def preview(file: str, input_id: str | None, connection_id: str | None, as_json: bool) -> None:
    """Show what the batches in FILE would become. FILE: a batch, an array of batches, or ndjson; - is stdin.

    An event's index is its position among the events of the whole file, from 0.
    """
    settings = settings_here()
    pairs = _chosen(configuration_of(settings), input_id, connection_id)
    read = read_batches(file)
    try:
        previews = preview_all(read.batches, pairs, settings.tiktok_url)
    except RefusedBatch as error:
        raise BadNews(f"{read.name}: {error} Ingest would answer 400 and take nothing of the request.") from None
    if as_json:
        print_json([as_object(made) for made in previews])
    else:
        out = console()
        for made in previews:
            out.print(_shown(made))


def _chosen(
    configuration: Configuration, input_id: str | None, connection_id: str | None
) -> list[tuple[Input, Connection]]:
    """The pairs asked for; wrong use when there is no such."""
    if input_id is not None and input_id not in configuration.inputs:
        raise unknown_id("--input", input_id, configuration.inputs)
    if connection_id is not None and connection_id not in configuration.connections:
        raise unknown_id("--connection", connection_id, configuration.connections)
    pairs = [
        (source, connection)
        for source, connection in pairs_of(configuration)
        if input_id in (None, source.id) and connection_id in (None, connection.id)
    ]
    if not pairs and input_id is not None and connection_id is not None:
        inputs = ", ".join(configuration.connections[connection_id].inputs)
        raise click.UsageError(
            f"connection {connection_id} does not take events of {input_id}; it takes those of {inputs}"
        )
    return pairs


def as_object(made: Preview) -> dict[str, Any]:
    """As `--json` has it."""
    return {
        "connection": made.connection,
        "input": made.input,
        "requests": [{"url": request.url, "body": msgspec.Raw(request.body)} for request in made.requests],
        "dead_letters": [
            {
                "index": index,
                "event_id": rejected.event_id,
                "reason": rejected.reason,
                "field": rejected.field,
                "message": rejected.message,
            }
            for index, rejected in made.rejected
        ],
        "unsupported": [{"index": index, "what": unsupported.what} for index, unsupported in made.unsupported],
        "withheld": [{"index": index, "why": withheld.why} for index, withheld in made.withheld],
        "notes": [{"index": index, "field": note.field, "note": note.note} for index, note in made.notes],
    }


def _shown(made: Preview) -> RenderableType:
    title = f"{made.input} → {made.connection}"
    parts: list[RenderableType] = [Rule(Text(title, style="bold"), align="left", style=MUTED)]
    parts.extend(_request(request) for request in made.requests)
    if made.rejected:
        letters = table("index", "event id", "reason", "field", "what to do", title="Dead letters")
        for index, one in made.rejected:
            letters.add_row(
                str(index), plain(one.event_id or ""), Text(one.reason, style=BAD), one.field or "", one.message
            )
        parts.append(letters)
    for name, rows in (
        ("Unsupported", [(index, one.what) for index, one in made.unsupported]),
        ("Withheld", [(index, one.why) for index, one in made.withheld]),
    ):
        if rows:
            parts.append(Text.assemble((name, "bold"), f": {_grouped(rows)}"))
    if made.notes:
        notes = table("index", "field", "note", title="Notes on what is sent")
        for index, note in made.notes:
            notes.add_row(str(index), note.field, Text(note.note, style=CAREFUL))
        parts.append(notes)
    if len(parts) == 1:
        parts.append(Text("nothing: the batches hold no events", style=MUTED))
    return Group(*parts, "")


def _request(request: Request) -> RenderableType:
    line = Text.assemble(
        ("POST ", "bold"), request.url, (f"  {plural(len(request.items), 'event')}, {len(request.body):,} bytes", MUTED)
    )
    bodies = [JSON(item.body.decode(), indent=2) for item in request.items[:SHOWN_EVENTS]]
    more = len(request.items) - len(bodies)
    rest = [Text(f"… and {plural(more, 'event')} more; --json shows all", style=MUTED)] if more else []
    return Group(line, *bodies, *rest)


def _grouped(rows: list[tuple[int, str]]) -> str:
    """`3 × screen_view (0, 4, 7); …`: what happened, and to which events."""
    by_what: dict[str, list[str]] = {}
    for index, what in rows:
        by_what.setdefault(what, []).append(str(index))
    return "; ".join(f"{len(indexes)} × {what} ({_some(indexes)})" for what, indexes in by_what.items())


def _some(indexes: list[str]) -> str:
    return ", ".join(indexes[:SHOWN_EVENTS] + (["…"] if len(indexes) > SHOWN_EVENTS else []))
