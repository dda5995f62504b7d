"""`relay connections`: list, pause and resume connections, and discard the backlog of a removed one."""

from typing import Any

import click
import redis
from rich.console import Group, RenderableType
from rich.text import Text

import operations.connections
from cli.changes import changing
from cli.context import configuration_of, redis_url, settings_here
from cli.terminal.output import BAD, console, count, note, print_json, state, table
from cli.terminal.prompts import confirmed
from cli.terminal.usage_errors import unknown_id
from config.errors import ConfigurationError
from config.model import Configuration
from config.routes import route_of
from config.settings import Settings
from lanes.chunk import ChunkCodec
from lanes.lanes import LEASE_MS
from operations.format import plural
from operations.receipts.writer import receipt_writer
from operations.status.connections import ConnectionStatus, Overview, overview
from store.client import connect


def list_(*, as_json: bool) -> None:
    """List connections: their inputs, where they post events, and their state."""
    settings = settings_here()
    with connect(redis_url(settings)) as client:
        seen = overview(settings, client)
    routes = _routes(settings)
    if as_json:
        print_json([_object(status, routes) for status in seen.statuses])
        if seen.refused:
            note(str(seen.refused))
        return
    console().print(_table(seen, routes))


def pause(*, connection_id: str, as_json: bool) -> None:
    """Stop delivery of a connection. Waiting and new events are kept until you resume it."""
    settings = settings_here()
    with connect(redis_url(settings)) as client, changing(settings, client):
        _status_of(settings, client, connection_id)
        what = operations.connections.pause(client, connection_id)
        _print(
            _status_of(settings, client, connection_id), settings, as_json=as_json, text=f"paused; to resume: {what}"
        )


def resume(*, connection_id: str, as_json: bool) -> None:
    """Start delivery of a paused connection again, at once."""
    settings = settings_here()
    with connect(redis_url(settings)) as client, changing(settings, client):
        _status_of(settings, client, connection_id)
        operations.connections.resume(client, connection_id)
        status = _status_of(settings, client, connection_id)
    text = {
        "disabled": "stays disabled by the configuration file (enabled: false)",
        "removed": "is not in the configuration file: waiting events are kept until you add it again",
    }.get(status.state, f"resumed; waiting: {plural(status.reading.waiting, 'event')}")
    _print(status, settings, as_json=as_json, text=text)


def discard(*, connection_id: str, yes: bool, as_json: bool) -> None:
    """Discard for good the backlog of a connection that was removed from the configuration file."""
    settings = settings_here()
    configuration = configuration_of(settings)  # a refused file does not show which connections were removed
    with connect(redis_url(settings)) as client, changing(settings, client):
        waiting = _status_of(settings, client, connection_id).reading.waiting
        if connection_id in configuration.connections:
            raise click.UsageError(f"{connection_id} is in {settings.config}. Remove it from the file first.")
        question = f"Discard {plural(waiting, 'waiting event')} of {connection_id} for good?"
        if waiting and not confirmed(question, yes=yes):
            note("nothing was discarded")
            raise SystemExit(1)
        codec, writer = ChunkCodec(settings.keyring), receipt_writer(settings)
        discarded = operations.connections.discard_backlog(client, connection_id, codec, writer)
    if as_json:
        print_json({"id": connection_id, "discarded": discarded.events})
    else:
        click.echo(f"{connection_id}: discarded: {plural(discarded.events, 'event')}")
    if discarded.leased:
        note(f"A worker is still delivering some events. Run this again in {LEASE_MS // 1000} s to discard the rest.")
        raise SystemExit(1)


def _status_of(settings: Settings, client: redis.Redis, connection_id: str) -> ConnectionStatus:
    """Return the status of a connection. Raise UsageError for an unknown id."""
    statuses = {status.id: status for status in overview(settings, client).statuses}
    if connection_id not in statuses:
        raise unknown_id("connection", connection_id, statuses)
    return statuses[connection_id]


def _print(status: ConnectionStatus, settings: Settings, *, as_json: bool, text: str) -> None:
    if as_json:
        print_json(_object(status, _routes(settings)))
    else:
        click.echo(f"{status.id}: {text}")


def _routes(settings: Settings) -> dict[str, list[str]]:
    """Return the paths to which each connection posts; none while the configuration file is refused."""
    try:
        configuration = configuration_of(settings)
    except ConfigurationError:
        return {}
    return {connection_id: _paths(configuration, connection_id) for connection_id in configuration.connections}


def _paths(configuration: Configuration, connection_id: str) -> list[str]:
    connection = configuration.connections[connection_id]
    paths = (route_of(connection, configuration.inputs[input_id].platform).path for input_id in connection.inputs)
    return list(dict.fromkeys(paths))


def _object(status: ConnectionStatus, routes: dict[str, list[str]]) -> dict[str, Any]:
    connection = status.connection
    shown = status.as_object()
    return {
        "id": status.id,
        "state": status.state,
        "inputs": list(connection.inputs) if connection else [],
        "event_source_id": connection.event_source_id if connection else None,
        "paths": routes.get(status.id, []),
        "waiting": status.reading.waiting,
        "dead_letters": status.reading.dead_letters,
        "paused_by": "operator" if status.state == "paused" and status.paused_by_operator else None,
        "what_to_do": status.what_to_do,
        "next_attempt_at": shown["next_attempt_at"],
    }


def _table(seen: Overview, routes: dict[str, list[str]]) -> RenderableType:
    rows = table(
        "connection",
        "state",
        "inputs",
        "posts to",
        "event source id",
        "waiting",
        "dead letters",
        right=("waiting", "dead letters"),
    )
    for status in seen.statuses:
        connection = status.connection
        rows.add_row(
            status.id,
            state(status.state),
            ", ".join(connection.inputs) if connection else "",
            "\n".join(path.removeprefix("/open_api/v1.3/") for path in routes.get(status.id, [])),
            connection.event_source_id if connection else "",
            count(status.reading.waiting),
            count(status.reading.dead_letters),
        )
    notes = [Text.assemble((f"{status.id}  ", "bold"), what) for status in seen.statuses if (what := status.what_to_do)]
    refused = [Text(str(seen.refused), style=BAD)] if seen.refused else []
    return Group(*refused, rows, *notes)
