"""`relay preview`: show what batches would become for each connection. It sends nothing; only --profile needs Redis."""

from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.text import Text

from cli.context import configuration_of, redis_url, settings_here
from cli.preview.batch_argument import read_batches
from cli.preview.diff import show_diff
from cli.preview.pairs import chosen_pairs
from cli.preview.save_case import write_case
from cli.terminal.output import BAD, CAREFUL, GOOD, MUTED, console, count, json_text, note, plain, print_json, table
from config.file import load
from config.model import Connection, Input
from mapping.results import Note
from operations.errors import OperatorError
from operations.format import plural
from operations.preview.batch_file import too_much, without_events
from operations.preview.match_keys import Matching, matching_of
from operations.preview.preview import Preview, Recall, RefusedBatch, Request, preview_all, split_all
from operations.profiles import recall_one
from store.client import connect
from store.records.profiles import ProfileCodec, ProfileStore

SHOWN_EVENTS = 10
"""Events of a request that people see; `--json` has all."""


def preview(
    files: tuple[str, ...],
    input_id: str | None,
    connection_id: str | None,
    changed: tuple[str, str] | None,
    save_case: Path | None,
    profile: bool,
    as_json: bool,
) -> None:
    """Show what the batches in FILE would become. FILE holds one batch, an array, or one batch a line; - is stdin."""
    if profile and (changed or save_case is not None):
        raise click.UsageError("--profile reads what is remembered now: pass it without --diff and --save-case.")
    if changed and save_case is not None:
        raise click.UsageError("--save-case makes a case of one configuration: pass it without --diff.")
    settings = settings_here()
    reads = [read_batches(file) for file in files]
    batches = [batch for read in reads for batch in read.batches]
    for sentence in [*too_much(reads, settings.max_request_bytes), *without_events(batches)]:
        note(sentence)
    try:
        for read in reads if len(reads) > 1 else ():
            split_all(read.batches)
        if changed:
            configurations = [load(Path(file), keyring=settings.keyring) for file in changed]
            sides = chosen_pairs(configurations, input_id, connection_id)
            show_diff(sides, batches, settings.tiktok_url, as_json=as_json)
        else:
            [pairs] = chosen_pairs([configuration_of(settings)], input_id, connection_id)
            if save_case is not None:
                write_case(save_case, files, batches, pairs, settings.tiktok_url)
            if profile:
                with connect(redis_url(settings)) as client:
                    store = ProfileStore(client, ProfileCodec(settings.keyring))
                    _preview(batches, pairs, settings.tiktok_url, as_json, partial(recall_one, store))
            else:
                _preview(batches, pairs, settings.tiktok_url, as_json)
    except RefusedBatch as error:
        name = "stdin" if files == ("-",) else ", ".join(files)
        raise OperatorError(f"{name}: {error} Ingest would answer 400 and accept nothing of the request.") from None


def _preview(
    batches: list[bytes],
    pairs: list[tuple[Input, Connection]],
    tiktok_url: str,
    as_json: bool,
    recall: Recall | None = None,
) -> None:
    previews = preview_all(batches, pairs, tiktok_url, recall=recall)
    if as_json:
        print_json([as_object(result) for result in previews])
    else:
        out = console()
        for result, (_, connection) in zip(previews, pairs, strict=True):
            out.print(_shown(result, matching_of(result, connection)))


def as_object(result: Preview) -> dict[str, Any]:
    """Return the object of `--json`."""
    return {
        "connection": result.connection,
        "input": result.input,
        "requests": [{"url": request.url, "body": msgspec.Raw(request.body)} for request in result.requests],
        "dead_letters": [
            {
                "index": index,
                "event_id": rejected.event_id,
                "reason": rejected.reason,
                "field": rejected.field,
                "message": rejected.message,
            }
            for index, rejected in result.rejected
        ],
        "unsupported": [{"index": index, "what": unsupported.what} for index, unsupported in result.unsupported],
        "withheld": [{"index": index, "why": withheld.why} for index, withheld in result.withheld],
        "notes": [
            {"index": index, "field": event_note.field, "note": event_note.note} for index, event_note in result.notes
        ],
    }


def _shown(result: Preview, matching: Matching) -> RenderableType:
    title = f"{result.input} → {result.connection}"
    parts: list[RenderableType] = [Rule(Text(title, style="bold"), align="left", style=MUTED)]
    parts.extend(_request(request) for request in result.requests)
    if matching.events:
        parts.append(_matching(matching))
    if result.rejected:
        dead_letters = table("index", "event id", "reason", "field", "what to do", title="Dead letters")
        for index, rejected in result.rejected:
            dead_letters.add_row(
                str(index),
                plain(rejected.event_id or ""),
                Text(rejected.reason, style=BAD),
                rejected.field or "",
                rejected.message,
            )
        parts.append(dead_letters)
    for name, rows in (
        ("Unsupported", [(index, unsupported.what) for index, unsupported in result.unsupported]),
        ("Withheld", [(index, withheld.why) for index, withheld in result.withheld]),
    ):
        if rows:
            parts.append(Text.assemble((name, "bold"), f": {_grouped(rows)}"))
    if others := [(index, event_note) for index, event_note in result.notes if event_note not in matching.notes]:
        parts.append(_notes(others))
    if len(parts) == 1:
        parts.append(Text("nothing: the batches have no events", style=MUTED))
    return Group(*parts, "")


def _request(request: Request) -> RenderableType:
    line = Text.assemble(
        ("POST ", "bold"), request.url, (f"  {plural(len(request.items), 'event')}, {len(request.body):,} bytes", MUTED)
    )
    bodies = [json_text(msgspec.Raw(item.body)) for item in request.items[:SHOWN_EVENTS]]
    more = len(request.items) - len(bodies)
    rest = [Text(f"… and {plural(more, 'event')} more; --json shows all", style=MUTED)] if more else []
    return Group(line, *bodies, *rest)


def _matching(matching: Matching) -> RenderableType:
    """Return the table of match keys, one row for each kind, and a line that sums it up."""
    title = f"Match keys of {plural(matching.events, 'event')}"
    rows = table("match key", "carried", "without", "omitted", "from", title=title, right=["carried", "without"])
    for identifier in matching.identifiers:
        absent = matching.absent(identifier)
        omitted = "\n".join(f"{number:,} {why}" for why, number in identifier.omitted.items())
        fills = absent and identifier.kind.code in matching.may_fill
        incoming = f"{identifier.incoming}{', or the profile (--profile)' if fills else ''}"
        numbers = count(identifier.sent), count(absent)
        rows.add_row(identifier.kind.name, *numbers, Text(omitted, style=CAREFUL), Text(incoming, style=MUTED))
    return Group(rows, _grade(matching))


def _grade(matching: Matching) -> RenderableType:
    total, (good, fair, none) = matching.events, (matching.grades[grade] for grade in ("good", "fair", "none"))
    parts = [f"good for {good:,} of {plural(total, 'event')} (click id, email, phone or advertising id)"]
    if fair:
        parts.append(f"fair for {fair:,} (only what matches less often)")
    if none:
        parts.append(f"none for {none:,}: TikTok counts these events but matches no person")
    style = GOOD if good == total else BAD if none else CAREFUL
    return Text.assemble(("Match keys: ", "bold"), ("; ".join(parts), style))


def _notes(notes: list[tuple[int, Note]]) -> RenderableType:
    """Return a table of notes, each once with its events."""
    rows = table("events", "field", "note", title="Notes on what is sent")
    by_note: dict[Note, dict[str, None]] = {}
    for index, event_note in notes:
        by_note.setdefault(event_note, {})[str(index)] = None  # once, also where each item of an event has the note
    for event_note, indexes in by_note.items():
        rows.add_row(_some([*indexes]), event_note.field, Text(event_note.note, style=CAREFUL))
    return rows


def _grouped(rows: list[tuple[int, str]]) -> str:
    """Return `3 × screen_view (0, 4, 7); …`: each text with its number of events and their indexes."""
    by_what: dict[str, list[str]] = {}
    for index, what in rows:
        by_what.setdefault(what, []).append(str(index))
    return "; ".join(f"{len(indexes)} × {what} ({_some(indexes)})" for what, indexes in by_what.items())


def _some(indexes: list[str]) -> str:
    return ", ".join(indexes[:SHOWN_EVENTS] + (["…"] if len(indexes) > SHOWN_EVENTS else []))
