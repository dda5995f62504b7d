"""Everything of relay on one machine: the embedded server below, supervised programs above; up and down in order."""

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Final

from cli.local.data_dir import DataDir
from cli.local.embedded import EmbeddedServer
from cli.local.server_binary import find_server
from cli.local.supervisor import (
    PATIENT_FROM,
    PAUSE_S,
    Program,
    Say,
    Supervisor,
    pause_before_restart,
    relay_command,
)
from cli.terminal.failures import reason_of
from operations.errors import OperatorError
from process.listening import CannotListen, listen

PORT_FREE_WITHIN_S: Final = 10.0
INGEST_STOP_S: Final = 15.0
WORKER_STOP_S: Final = 60.0
"""A job may wait for TikTok's answer, then settle: warm."""
SANDBOX_STOP_S: Final = 10.0
WATCH_EVERY_S: Final = 0.1

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def ingest_program() -> Program:
    return Program("ingest", relay_command("ingest"), INGEST_STOP_S)


def worker_programs(count: int) -> list[Program]:
    """`count` workers, numbered where there are several."""
    names = ["worker"] if count == 1 else [f"worker {number}" for number in range(1, count + 1)]
    return [Program(name, relay_command("worker"), WORKER_STOP_S) for name in names]


def sandbox_program() -> Program:
    return Program("sandbox", relay_command("sandbox"), SANDBOX_STOP_S)


class Server:
    """The embedded server, started again whenever it dies, until `stop`."""

    def __init__(self, data: DataDir, say: Say) -> None:
        """Starts or adopts it. OperatorError when there is none to start, or it does not."""
        found = find_server()
        for remark in found.passed_over:
            say("redis", remark)
        self._data, self._say, self._binary = data, say, found.path
        self._server = EmbeddedServer.start(data, found.path)
        what = "adopted the server that still ran" if self._server.adopted else f"started {found.path.name}"
        say("redis", f"{what} (process {self._server.pid}), data in {data.server}")

    async def watch(self, moved: Callable[[], None]) -> None:
        """Never returns; to be cancelled. Calls `moved` when the server, started again, is at another URL."""
        deaths: deque[float] = deque(maxlen=PATIENT_FROM)
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if self._server.is_alive:
                continue
            now = asyncio.get_running_loop().time()
            deaths.append(now)
            self._say("redis", "died; starting it again")
            await asyncio.sleep(pause_before_restart(deaths, now))
            url = self._server.url
            await self._start_again()
            if self._server.url != url:
                moved()

    async def _start_again(self) -> None:
        """Until it runs: nothing else can. A disk that is full, or a directory that is gone, is waited out as well."""
        said = ""
        while True:
            # Shielded: a start cut short would leave a server that nobody knows of.
            starting = asyncio.create_task(asyncio.to_thread(EmbeddedServer.start, self._data, self._binary))
            try:
                self._server = await asyncio.shield(starting)
            except asyncio.CancelledError:
                self._server = await starting
                raise
            except (OperatorError, OSError) as error:
                why = str(error) if isinstance(error, OperatorError) else f"{self._data.path}: {reason_of(error)}"
                if why != said:
                    self._say("redis", f"cannot be started: {why}; trying on")
                said = why
                await asyncio.sleep(PAUSE_S)
            else:
                return

    def stop(self) -> None:
        self._server.stop()


@contextlib.asynccontextmanager
async def running(
    groups: Sequence[Sequence[Program]], environ: Mapping[str, str], data: DataDir | None, say: Say
) -> AsyncIterator[asyncio.Event]:
    """Everything runs within the block; gives the event that says that a signal asked to stop.

    `data`: where the embedded server is to live, None when there is to be none. A second signal while stopping
    kills what has not ended yet; the server is always stopped properly, and last.
    """
    with _signals() as asked:
        server = await asyncio.to_thread(Server, data, say) if data else None
        supervisor = Supervisor([] if asked.is_set() else groups, environ, say)
        asked.then = supervisor.kill
        watching = asyncio.create_task(server.watch(supervisor.renew)) if server else None
        try:
            yield asked
        finally:
            asked.set()
            await supervisor.stop()
            if server and watching:
                watching.cancel()
                await asyncio.wait([watching])
                await asyncio.to_thread(server.stop)


class Asked(asyncio.Event):
    """Set by the first signal; `then` is what the next one does."""

    then: Callable[[], None] = staticmethod(lambda: None)

    def by_signal(self) -> None:
        if self.is_set():
            self.then()
        self.set()


@contextlib.contextmanager
def _signals() -> Iterator[Asked]:
    loop, asked = asyncio.get_running_loop(), Asked()
    nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    signals = STOP_SIGNALS if nohup else (*STOP_SIGNALS, signal.SIGHUP)
    for sign in signals:
        loop.add_signal_handler(sign, asked.by_signal)
    try:
        yield asked
    finally:
        for sign in signals:
            loop.remove_signal_handler(sign)


def wait_for_port(host: str, port: int, variable: str) -> None:
    """Return when the port can be listened on: who has just been killed may need a moment. OperatorError after 10 s."""
    deadline = time.monotonic() + PORT_FREE_WITHIN_S
    while True:
        try:
            listeners = listen(host, port, variable)
        except CannotListen as error:
            if not error.temporary or time.monotonic() > deadline:
                raise OperatorError(str(error)) from None
            time.sleep(WATCH_EVERY_S)
        else:
            for listener in listeners:
                listener.close()
            return
