"""`relay up`: everything on this machine, kept running."""

import asyncio
import atexit
import os
import sys
from typing import Final

import click
import structlog

from cli.context import LEAST_PASSWORD, configuration_of, with_kept_key
from cli.local.data_dir import DataDir
from cli.local.first_key import make_first_key
from cli.local.local_stack import WATCH_EVERY_S, ingest_program, running, wait_for_port, worker_programs
from cli.local.supervisor import Say
from config.settings import Settings, load_settings
from operations.errors import OperatorError
from process.listening import local_host
from process.log_output import LineWriter
from process.logs import configure_logging

OWN: Final = ("relay", "redis")
"""Whose lines are relay up's own; all others are of its children."""
NOT_ENCRYPTED: Final = (
    "events that wait, dead letters with their events, and remembered addresses stand in Redis unencrypted, because "
    "there is no key: set RELAY_ENCRYPTION_KEY (relay secrets key makes one), the same on every host of this Redis"
)


@click.command
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Worker processes. One delivers to all connections at once; more help where it keeps a core busy.",
)
def up(workers: int) -> None:
    """Run everything here: Redis (unless RELAY_REDIS_URL is set), ingest and workers; restart what dies.

    Ends on Ctrl-C or SIGTERM: ingest first, then the workers when their jobs are done, Redis last.
    """
    settings = load_settings()
    data = DataDir(settings.data_dir)
    if data.key():
        settings = with_kept_key(settings)
    say = sayer(settings)
    configuration = configuration_of(settings)
    _refuse_short_password(settings, data)
    data.make()
    with data.claimed():
        for warning in configuration.warnings:
            say("relay", f"warning: {warning}")
        if settings.encryption_key is None and settings.redis_url is None:
            make_first_key(data, settings)
            say("relay", f"made an encryption key, {data.encryption_key}: keep a copy, for what waits needs it")
        elif settings.encryption_key is None:  # a key made here, other hosts on that Redis would not have
            say("relay", f"warning: {NOT_ENCRYPTED}")
        wait_for_port(settings.host, settings.port, "RELAY_PORT")
        asyncio.run(_run(settings, workers, data if settings.redis_url is None else None, say))
    say("relay", "stopped")


def _refuse_short_password(settings: Settings, data: DataDir) -> None:
    """Start nothing new behind a password that can be guessed. Where relay ran before, `relay check` warns of it."""
    password = settings.admin_password
    if data.is_new and password is not None and len(password.get_secret_value()) < LEAST_PASSWORD:
        raise OperatorError(
            f"RELAY_ADMIN_PASSWORD is shorter than {LEAST_PASSWORD} characters and opens the console: "
            "set a longer one, such as openssl rand -hex 16 makes, or unset it for no console"
        )


async def _run(settings: Settings, workers: int, embedded: DataDir | None, say: Say) -> None:
    groups = [[ingest_program()], worker_programs(workers)]
    async with running(groups, os.environ, embedded, say) as asked:
        host = local_host(settings.host)
        if await _listens(host.strip("[]"), settings.port, asked):
            say("relay", f"batches go to http://{host}:{settings.port}/v2/events; events go to {settings.tiktok_url}")
            if settings.admin_password is not None:
                say("relay", f"the console is at http://{host}:{settings.port}/console")
        await asked.wait()
        say("relay", "stopping: ingest, then workers, then Redis")


async def _listens(host: str, port: int, asked: asyncio.Event) -> bool:
    """Whether ingest listens now: False only if it was asked to stop before it did."""
    while not asked.is_set():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(WATCH_EVERY_S)
        else:
            writer.close()
            return True
    return False


def sayer(settings: Settings) -> Say:
    """Writes lines to stderr: as text, each after the name of whose it is; or as JSON, as children write it.

    Where nobody reads them, lines are dropped: a log that has stalled is no reason to stop.
    """
    if settings.log_format == "text":
        plain = LineWriter(sys.stderr)
        atexit.register(plain.flush)
        return lambda name, line: plain.write(f"{name:<7} | {line}")
    writer = configure_logging(settings, "up")

    def say_json(name: str, line: str) -> None:
        if name in OWN or not line.startswith("{"):
            structlog.get_logger(f"relay.{name}").info(line)
        else:
            writer.write(line)

    return say_json
