"""Keep programs running: start and restart them, forward their output, stop them in order."""

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
LAST_OUTPUT_S: Final = 1.0
LONGEST_LINE: Final = 1 << 16

Say = Callable[[str, str], None]
"""Called with a program's name and a line: the program's output, or a remark about it."""


def _always() -> bool:
    return True


class Program(NamedTuple):
    """A program to keep running; it has `stop_within_s` seconds to end after SIGTERM."""

    name: str
    command: Sequence[str]
    stop_within_s: float
    environ: Mapping[str, str] = {}
    """Variables beside those of all programs."""
    is_wanted: Callable[[], bool] = _always
    """Called in a thread every second before the program runs: it starts once this returns True."""


def relay_command(*arguments: str) -> list[str]:
    """Return the command line of this installation's `relay` with these arguments."""
    beside = Path(sysconfig.get_path("scripts")) / "relay"
    called = Path(sys.argv[0])
    for script in (called, beside):
        if script.name == "relay" and script.is_file():
            return [str(script), *arguments]
    raise OperatorError(f"The relay command is not at {beside}. Install the package again.")


def pause_before_restart(ends: Sequence[float], now: float) -> float:
    """Return seconds: 0, or 1 from the third end within 10 s on."""
    return PAUSE_S if sum(now - end <= SOON_AFTER for end in ends) >= PATIENT_FROM else 0.0


class SupervisedProgram:
    """One program that runs until `stop`."""

    def __init__(self, program: Program, environ: Mapping[str, str], say: Say) -> None:
        self.program = program
        self._environ, self._say = environ, say
        self._ends: deque[float] = deque(maxlen=PATIENT_FROM)
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {program.name}")

    async def stop(self) -> None:
        """End the program with SIGTERM, then SIGKILL, and do not restart it."""
        self._stopping.set()
        process = self._process
        if process is not None and process.returncode is None:
            _signal(process, signal.SIGTERM)
            try:
                async with asyncio.timeout(self.program.stop_within_s):
                    await asyncio.shield(self._keeper)
            except TimeoutError:
                self._say(self.program.name, "did not end in time; killed")
                _signal(process, signal.SIGKILL)
        await self._keeper

    def renew(self) -> None:
        """Kill the program so that it is restarted; work in progress is not lost."""
        if self._process is not None:
            _signal(self._process, signal.SIGKILL)

    def kill(self) -> None:
        """Kill the program and do not restart it."""
        self._stopping.set()
        self.renew()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            if not await asyncio.to_thread(self.program.is_wanted):
                await self._pause(PAUSE_S)
                continue
            how = await self._run_once()
            if self._stopping.is_set():
                return
            self._ends.append(loop.time())
            pause = pause_before_restart(self._ends, loop.time())
            self._say(self.program.name, f"{how}; restarting it{f' in {pause:.0f} s' if pause else ''}")
            await self._pause(pause)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not beyond the moment when it is time to stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _run_once(self) -> str:
        """Run the program once; return how it ended."""
        try:
            self._process = process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.PIPE,  # never written to: its end shows the program that relay is gone
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={**self._environ, **self.program.environ, VARIABLE: "1"},
                process_group=0,  # Ctrl-C must reach only relay, which stops programs in order
            )
        except OSError as error:
            return f"cannot be started: {error.strerror}"
        if self._stopping.is_set():
            _signal(process, signal.SIGTERM)
        forwarding = asyncio.create_task(self._forward(process.stdout))
        code = await process.wait()
        if process.stdin is not None:
            process.stdin.close()
        await asyncio.wait([forwarding], timeout=LAST_OUTPUT_S)
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
    """Run programs in stages: all start at once, and the stages stop one after the other."""

    def __init__(self, stages: Sequence[Sequence[Program]], environ: Mapping[str, str], say: Say) -> None:
        """Start the programs in the running event loop; `stages` are in the order in which they stop."""
        self._stages = [[SupervisedProgram(program, environ, say) for program in stage] for stage in stages]

    def renew(self) -> None:
        """Restart everything, because the programs' environment has changed."""
        for supervised in self._all():
            supervised.renew()

    async def stop(self) -> None:
        """Stop all programs, in order."""
        for stage in self._stages:
            await asyncio.gather(*(supervised.stop() for supervised in stage))

    def kill(self) -> None:
        """Kill all programs."""
        for supervised in self._all():
            supervised.kill()

    def _all(self) -> Iterable[SupervisedProgram]:
        return (supervised for stage in self._stages for supervised in stage)


def _signal(process: asyncio.subprocess.Process, sign: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        if process.returncode is None:
            os.kill(process.pid, sign)
