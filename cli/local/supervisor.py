"""Keeps programs running: starts them, starts those again that die, forwards what they say, stops them in order."""

import asyncio
import contextlib
import os
import signal
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from cli.local.parent_watch import VARIABLE
from operations.errors import OperatorError

SOON_AFTER: Final = 10.0
PATIENT_FROM: Final = 3
PAUSE_S: Final = 1.0
LAST_WORDS_S: Final = 1.0
LONGEST_LINE: Final = 1 << 16

Say = Callable[[str, str], None]
"""Takes a program's name and a line it said, or that is said of it."""


class Program(NamedTuple):
    """Something to keep running. `stop_within_s`: how long it may take to end by itself when asked to."""

    name: str
    command: Sequence[str]
    stop_within_s: float


def relay_command(*arguments: str) -> list[str]:
    """This installation's `relay` with these arguments; in a list of processes it reads so."""
    beside = Path(sysconfig.get_path("scripts")) / "relay"
    called = Path(sys.argv[0])
    for script in (called, beside):
        if script.name == "relay" and script.is_file():
            return [str(script), *arguments]
    raise OperatorError(f"the relay command is not at {beside}: install the package")


def pause_before_restart(deaths: Sequence[float], now: float) -> float:
    """Seconds: none, but one from the third death within 10 s."""
    return PAUSE_S if sum(now - death <= SOON_AFTER for death in deaths) >= PATIENT_FROM else 0.0


class Kept:
    """One program kept running until `stop`."""

    def __init__(self, program: Program, environ: Mapping[str, str], say: Say) -> None:
        self.program = program
        self._environ, self._say = environ, say
        self._deaths: deque[float] = deque(maxlen=PATIENT_FROM)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {program.name}")

    async def stop(self) -> None:
        """Ask it to end, force it when it does not, and start it no more."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            _signal(process, signal.SIGTERM)
            try:
                async with asyncio.timeout(self.program.stop_within_s):
                    await asyncio.shield(self._keeper)
            except TimeoutError:
                self._say(self.program.name, "did not end when asked to; killed")
                _signal(process, signal.SIGKILL)
        await self._keeper

    def renew(self) -> None:
        """End it at once, to be started again: nothing it has begun is lost by that."""
        if self._process is not None:
            _signal(self._process, signal.SIGKILL)

    def kill(self) -> None:
        """End it at once."""
        self._stopping.set()
        self.renew()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            how = await self._live()
            if self._stopping.is_set():
                return
            self._deaths.append(loop.time())
            pause = pause_before_restart(self._deaths, loop.time())
            self._say(self.program.name, f"{how}; starting it again{f' in {pause:.0f} s' if pause else ''}")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._stopping.wait()

    async def _live(self) -> str:
        """One life of the program; how it ended."""
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.PIPE,  # never written to: its end tells the program that we are gone
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**self._environ, VARIABLE: "1"},
                process_group=0,  # Ctrl-C is for us, who stop it when its turn comes
            )
        except OSError as error:
            return f"cannot be started: {error.strerror}"
        if self._stopping.is_set():
            _signal(process, signal.SIGTERM)
        forwarding = asyncio.create_task(self._forward(process.stdout))
        code = await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        await asyncio.wait([forwarding], timeout=LAST_WORDS_S)
        forwarding.cancel()
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    async def _forward(self, output: asyncio.StreamReader | None) -> None:
        rest = b""
        while part := await output.read(1 << 16) if output else b"":
            *lines, rest = (rest + part).split(b"\n")
            if len(rest) > LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            self._forward_lines(lines)
        self._forward_lines([rest])

    def _forward_lines(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            if line.strip():
                self._say(self.program.name, line.decode(errors="replace").rstrip())


class Supervisor:
    """Programs in groups: all start at once, and the groups are stopped one after the other."""

    def __init__(self, groups: Sequence[Sequence[Program]], environ: Mapping[str, str], say: Say) -> None:
        """Within a running event loop. `groups` are in the order in which they are stopped."""
        self._groups = [[Kept(program, environ, say) for program in group] for group in groups]

    def renew(self) -> None:
        """Start everything anew: what it was told at its start is no longer so."""
        for kept in self._all():
            kept.renew()

    async def stop(self) -> None:
        """Stop everything, in order."""
        for group in self._groups:
            await asyncio.gather(*(kept.stop() for kept in group))

    def kill(self) -> None:
        """Stop everything at once."""
        for kept in self._all():
            kept.kill()

    def _all(self) -> Iterable[Kept]:
        return (kept for group in self._groups for kept in group)


def _signal(process: asyncio.subprocess.Process, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            os.kill(process.pid, sign)
