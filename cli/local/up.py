"""`relay up`: run everything on this machine and keep it running."""

import asyncio
import atexit
import os
import sys
from collections.abc import Iterable
from typing import Final

import process.lean_structlog  # noqa: F401 - before all that imports structlog

# isort: split
import structlog

from cli.context import LEAST_PASSWORD, configuration_of, with_kept_key
from cli.local.cells import note_other_cells, run_cells
from cli.local.data_dir import DataDir
from cli.local.first_key import make_first_key
from cli.local.local_stack import (
    WATCH_EVERY_S,
    consume_program,
    ingest_program,
    running,
    wait_for_port,
    worker_programs,
)
from cli.local.parent_watch import leave_with_parent
from cli.local.supervisor import Say
from config.file import ConfigurationFile
from config.settings import Settings, load_settings
from operations.errors import OperatorError
from process.listening import local_host
from process.log_output import LineWriter
from process.logs import configure_logging

OWN: Final = ("relay", "redis")
"""Names of relay up's own lines; all other lines are output of child processes."""
NOT_ENCRYPTED: Final = (
    "waiting events, dead letters and profiles are stored in Redis unencrypted, because no key is set. "
    "Set RELAY_ENCRYPTION_KEY (relay secrets key generates one), the same on every host of this Redis"
)


def up(workers: int, cells: int) -> None:
    """Run everything on this machine: Redis (unless RELAY_REDIS_URL is set) and all processes; restart what ends."""
    settings = load_settings()
    data = DataDir(settings.data_dir)
    if data.key():
        settings = with_kept_key(settings)
    say = line_writer(settings)
    configuration = configuration_of(settings)
    _refuse_short_password(settings, data)
    leave_with_parent()
    if cells > 1:
        run_cells(settings, cells, workers, say)
    else:
        _run_one(settings, configuration.warnings, workers, say)


def _run_one(settings: Settings, warnings: Iterable[str], workers: int, say: Say) -> None:
    data = DataDir(settings.data_dir)
    data.make()
    with data.claimed():
        for warning in warnings:
            say("relay", f"warning: {warning}")
        if settings.encryption_key is None and settings.redis_url is None:
            make_first_key(data, settings)
            say(
                "relay",
                f"generated an encryption key, {data.encryption_key}: keep a copy, waiting events need it",
            )
        elif settings.encryption_key is None:  # other hosts of that Redis would lack a key generated here
            say("relay", f"warning: {NOT_ENCRYPTED}")
        if not settings.cell:
            note_other_cells(data, say)
        wait_for_port(settings.host, settings.port, "RELAY_PORT")
        asyncio.run(_run(settings, workers, data if settings.redis_url is None else None, say))
    say("relay", "stopped")


def _refuse_short_password(settings: Settings, data: DataDir) -> None:
    """Raise OperatorError for a guessable password at the first start; later `relay check` warns of one."""
    password = settings.admin_password
    if data.is_new and password is not None and len(password.get_secret_value()) < LEAST_PASSWORD:
        raise OperatorError(
            f"RELAY_ADMIN_PASSWORD, which opens the console, has fewer than {LEAST_PASSWORD} characters. "
            "Set a longer one, such as openssl rand -hex 16 prints, or unset it to switch the console off."
        )


class DeclaredSources:
    """Whether the file in force declares sources; says so once."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._file, self._say = ConfigurationFile(settings.config, settings.keyring), say
        self.were_declared = False

    def __call__(self) -> bool:
        """Return whether the file declares a source that is enabled. Reads the file."""
        self._file.refresh()
        enabled = [source.id for source in self._file.current.sources.values() if source.enabled]
        if enabled and not self.were_declared:
            self.were_declared = True
            self._say("relay", f"relay consume takes batches from the sources of the file: {', '.join(enabled)}")
        return bool(enabled)


async def _run(settings: Settings, workers: int, embedded: DataDir | None, say: Say) -> None:
    sources = DeclaredSources(settings, say)
    stages = [[ingest_program(), consume_program(sources)], worker_programs(workers)]
    async with running(stages, os.environ, embedded, say) as stop_request:
        host = local_host(settings.host)
        if await _listens(host.strip("[]"), settings.port, stop_request):
            say("relay", f"post batches to http://{host}:{settings.port}/v2/events; events go to {settings.tiktok_url}")
            if settings.admin_password is not None:
                say("relay", f"the console is at http://{host}:{settings.port}/console")
        await stop_request.wait()
        first = "ingest and consume" if sources.were_declared else "ingest"
        say("relay", f"stopping: {first}, then workers, then Redis")


async def _listens(host: str, port: int, stop_request: asyncio.Event) -> bool:
    """Return True once ingest listens; False if a stop was requested before."""
    while not stop_request.is_set():
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(WATCH_EVERY_S)
        else:
            writer.close()
            return True
    return False


def line_writer(settings: Settings) -> Say:
    """Return a function that writes lines to stderr: as text after the program's name, or as JSON like child processes.

    Lines are dropped when stderr is full: a stalled log must not stop relay.
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
