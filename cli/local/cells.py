"""`relay up --cells N`: several complete relays on this machine with HAProxy in front, to try what cells do."""

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cli.local.balancer import balancer_program, balancer_settings
from cli.local.data_dir import DataDir
from cli.local.embedded import STOP_WITHIN_S
from cli.local.first_key import make_first_key
from cli.local.local_stack import INGEST_STOP_S, WORKER_STOP_S, running, wait_for_port
from cli.local.supervisor import Program, Say, relay_command
from config.settings import Settings
from operations.errors import OperatorError
from process.listening import local_host

LOOPBACK: Final = "127.0.0.1"
PREFIX: Final = "cell-"
STOP_S: Final = INGEST_STOP_S + WORKER_STOP_S + STOP_WITHIN_S


class LocalCell(NamedTuple):
    """One complete relay: `a` has RELAY_DATA_DIR itself, the others a directory in it."""

    name: str
    data: DataDir
    port: int

    @property
    def address(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    def variables(self, settings: Settings) -> dict[str, str]:
        """Return what differs from the other cells and from the settings of `relay up --cells`."""
        variables = {
            "RELAY_CELL": self.name,
            "RELAY_DATA_DIR": str(self.data.path),
            "RELAY_HOST": LOOPBACK,
            "RELAY_PORT": str(self.port),
        }
        return variables if settings.trusted_proxies else {**variables, "RELAY_TRUSTED_PROXIES": LOOPBACK}


def cells_of(settings: Settings, number: int) -> list[LocalCell]:
    """Return the cells `a`, `b`, … at the ports after RELAY_PORT. Raise OperatorError where settings forbid them."""
    if settings.redis_url is not None:
        raise OperatorError(
            "relay up --cells runs a Redis for each cell. Unset RELAY_REDIS_URL, or run one relay up for each Redis "
            "of yours, with a RELAY_CELL, a RELAY_PORT and a RELAY_DATA_DIR of its own (docs/cells.md)."
        )
    if settings.cell:
        raise OperatorError("relay up --cells names its cells a, b, … itself: unset RELAY_CELL.")
    if settings.port + number > 65535:
        raise OperatorError(f"The cells use the {number} ports after RELAY_PORT: set it to {65535 - number} at most.")
    names = "abcdefgh"[:number]
    first = settings.data_dir
    return [
        LocalCell(name, DataDir(first / f"{PREFIX}{name}" if place else first), settings.port + 1 + place)
        for place, name in enumerate(names)
    ]


def run_cells(settings: Settings, number: int, workers: int, say: Say) -> None:
    """Run the cells until a signal. Raise OperatorError before anything has started."""
    cells = cells_of(settings, number)
    first = cells[0].data
    for cell in cells:
        cell.data.make()
        with cell.data.claimed():  # no other relay up has it
            wait_for_port(LOOPBACK, cell.port, "RELAY_PORT")
    wait_for_port(settings.host, settings.port, "RELAY_PORT")
    if settings.encryption_key is None:
        make_first_key(first, settings, [cell.data for cell in cells[1:]])
        say("relay", f"generated an encryption key, {first.encryption_key}: keep a copy, waiting events need it")
    if first.key():
        for cell in cells[1:]:
            _share_key(first, cell.data)
    asyncio.run(_run(settings, cells, workers, say))
    say("relay", "stopped")


def note_other_cells(data: DataDir, say: Say) -> None:
    """Say which cells of an earlier `relay up --cells` are not run now, because events may wait in them."""
    for directory in sorted(data.path.glob(f"{PREFIX}[b-h]")):
        if DataDir(directory).server.is_dir() and DataDir(directory).has_stored:
            say("relay", f"warning: what waits in {directory} is delivered only by relay up --cells")


def _share_key(first: DataDir, other: DataDir) -> None:
    """Give a cell the key of the first one, so that each can decrypt what another has stored."""
    key = other.key()
    if key is None:
        other.encryption_key.unlink(missing_ok=True)  # a link to a directory that was moved
        other.encryption_key.symlink_to(Path(os.path.relpath(first.encryption_key, other.path)))
    elif key != first.key():
        raise OperatorError(
            f"{other.encryption_key} is another key than {first.encryption_key}, and cells need the same. "
            f"Write both into each file, with a comma between them."
        )


async def _run(settings: Settings, cells: Sequence[LocalCell], workers: int, say: Say) -> None:
    file = cells[0].data.path / "haproxy.cfg"
    hosts = [host.strip().strip("[]") for host in settings.host.split(",")]
    binds = [f"{host}:{settings.port}{' v4v6' if host == '::' else ''}" for host in hosts]
    file.write_text(balancer_settings(binds, {cell.name: cell.address for cell in cells}))
    balancer = balancer_program(file)
    command = relay_command("up", "--workers", str(workers))
    programs = [Program(f"cell {cell.name}", command, STOP_S, cell.variables(settings)) for cell in cells]
    stages = [[balancer], programs] if balancer else [programs]
    async with running(stages, _environ(cells, settings), None, say) as stop_request:
        addresses = ", ".join(f"{cell.name} ({cell.address})" for cell in cells)
        url = f"http://{local_host(settings.host)}:{settings.port}/v2/events"
        if balancer:
            say("relay", f"post batches to {url}; HAProxy passes them to the cells {addresses}")
        else:
            say("relay", f"HAProxy is not installed, so nothing listens at {url}. Install it, or put another balancer "
                         f"in front of the cells {addresses}")  # fmt: skip
        for cell in cells[1:]:
            say("relay", f"commands for cell {cell.name}: set RELAY_DATA_DIR={cell.data.path}")
        await stop_request.wait()
        say("relay", "stopping: HAProxy, then the cells")


def _environ(cells: Sequence[LocalCell], settings: Settings) -> Mapping[str, str]:
    """Return the environment without the files of what each cell has its own value for."""
    own = {f"{name}_FILE" for cell in cells for name in cell.variables(settings)}
    return {name: value for name, value in os.environ.items() if name not in own}
