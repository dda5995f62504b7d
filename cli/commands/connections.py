"""Declare `relay connections` and its subcommands."""

import click

from cli.commands.options import json_option, yes_option
from cli.terminal.deferred import runs


@click.group()
def connections() -> None:
    """List, pause and resume connections; discard the backlog of a removed one."""


@connections.command("list")
@json_option
@runs("cli.connections:list_")
def list_() -> None:
    """List connections: their inputs, where they post events, and their state."""


@connections.command("pause")
@click.argument("connection_id", metavar="ID")
@json_option
@runs("cli.connections:pause")
def pause() -> None:
    """Stop delivery of a connection. Waiting and new events are kept until you resume it."""


@connections.command("resume")
@click.argument("connection_id", metavar="ID")
@json_option
@runs("cli.connections:resume")
def resume() -> None:
    """Start delivery of a paused connection again, at once."""


@connections.command("discard")
@click.argument("connection_id", metavar="ID")
@yes_option
@json_option
@runs("cli.connections:discard")
def discard() -> None:
    """Discard for good the backlog of a connection that was removed from the configuration file.

    The events are counted as discarded. Its dead letters stay; relay dead-letters discard --connection ID removes them.
    """
