"""Declare the commands that start processes."""

from pathlib import Path
from typing import Final

import click

from cli.terminal.deferred import runs

MOST_CELLS: Final = 8


@click.command
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Worker processes. One serves all connections; run more when it keeps a core busy.",
)
@click.option(
    "--cells",
    type=click.IntRange(1, MOST_CELLS),
    default=1,
    show_default=True,
    help="Complete relays, each with its own Redis, at the ports after RELAY_PORT, with HAProxy in front of them.",
)
@runs("cli.local.up:up")
def up() -> None:
    """Run everything on this machine: Redis (unless RELAY_REDIS_URL is set), ingest and workers; restart what ends.

    Where the file declares `sources:`, relay consume runs too. Ctrl-C or SIGTERM stops ingest and consume first, then
    the workers once their jobs are done, and Redis last.
    """


@click.command
@runs("cli.processes.serve:ingest")
def ingest() -> None:
    """Accept batches over HTTP, on RELAY_HOST and RELAY_PORT."""


@click.command
@runs("cli.processes.serve:worker")
def worker() -> None:
    """Deliver waiting events to TikTok. Run as many workers as you need, on any number of hosts."""


@click.command
@runs("cli.processes.serve:consume")
def consume() -> None:
    """Take batches from the queues of `sources:`. Run as many processes as you need, on any number of hosts."""


@click.command
@click.option(
    "--token",
    "tokens",
    multiple=True,
    help="Accept only this access token; repeatable. Without it, every token is accepted.",
)
@click.option("--require-app-id", is_flag=True, help="Refuse app events without app.app_id, as TikTok does.")
@runs("cli.processes.serve:sandbox")
def sandbox() -> None:
    """Run a stand-in for TikTok, on RELAY_HOST and RELAY_SANDBOX_PORT.

    Set RELAY_TIKTOK_URL=http://127.0.0.1:8090 to send events to it. GET /_sandbox/events lists what it accepted.
    """


@click.command
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=5555,
    show_default=True,
    envvar="FLOWER_PORT",
    help="Port to listen on.",
)
@runs("cli.processes.flower:flower")
def flower() -> None:
    """Show the workers' jobs in a browser, on RELAY_HOST. Sign in with the user and password in FLOWER_BASIC_AUTH.

    The page is read-only: use relay dead-letters for events that failed. Flower reads its other settings from
    FLOWER_… variables.
    """


@click.command
@click.option("--keep", is_flag=True, help="Keep everything running afterwards, to look around and to send batches.")
@click.option(
    "--save", type=click.Path(path_type=Path), hidden=True, help="Write the output to this .svg or .txt file."
)
@runs("cli.demo.command:demo")
def demo() -> None:
    """Run a complete relay on this machine, post sample batches, and show how every event ended.

    A stand-in receives the events: nothing reaches TikTok, and the demo reads none of your settings. Everything runs
    in a temporary directory.
    """
