"""Choose the inputs and connections that `relay preview` shows, by `--input` and `--connection`."""

from collections.abc import Sequence

import click

from cli.terminal.usage_errors import unknown_id
from config.model import Configuration, Connection, Input
from operations.preview.preview import pairs_of

Pairs = list[tuple[Input, Connection]]


def chosen_pairs(
    configurations: Sequence[Configuration], input_id: str | None, connection_id: str | None
) -> list[Pairs]:
    """Return the selected pairs of each configuration.

    Raise UsageError for an id that none of them has, or a pair that none of them has.
    """
    _check("input", input_id, [name for each in configurations for name in each.inputs])
    _check("connection", connection_id, [name for each in configurations for name in each.connections])
    chosen = [
        [
            (source, connection)
            for source, connection in pairs_of(each)
            if input_id in (None, source.id) and connection_id in (None, connection.id)
        ]
        for each in configurations
    ]
    if not any(chosen) and input_id is not None and connection_id is not None:
        existing = [each.connections[connection_id] for each in configurations if connection_id in each.connections]
        inputs = ", ".join(dict.fromkeys(name for connection in existing for name in connection.inputs))
        raise click.UsageError(f"Connection {connection_id} has no input {input_id}. Its inputs: {inputs}.")
    return chosen


def _check(what: str, given: str | None, known: Sequence[str]) -> None:
    if given is not None and given not in known:
        raise unknown_id(what, given, dict.fromkeys(known))
