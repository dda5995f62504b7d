"""The console's own process: serves connections that ingest hands over, so that no page can hold up a batch.

Ingest passes one end of a socket pair for each request over a control socket. When that closes, this process ends.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

PEER: Final = b"x-relay-peer"
"""The header in which ingest says who sent a request; senders' own is taken out."""
LESS_URGENT: Final = 5
"""How much batches go before pages where both want the processor (nice)."""
LEAVE_WITHIN_S: Final = 5.0


def serve(app: ASGIApp, control: socket.socket) -> None:
    """Serve what is handed over on `control` until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for ingest, which then closes `control`
    with contextlib.suppress(OSError):
        os.nice(LESS_URGENT)
    asyncio.run(_serve(app, control))


async def _serve(app: ASGIApp, control: socket.socket) -> None:
    config = uvicorn.Config(
        _FromPeers(app), ws="none", lifespan="off", proxy_headers=False, server_header=False, access_log=False,
        log_config=None,
    )  # fmt: skip
    config.load()
    state, loop, over = ServerState(), asyncio.get_running_loop(), asyncio.Event()
    control.setblocking(False)
    hand_over = _receiver(control, lambda: HttpToolsProtocol(config, state, {}), over)
    loop.add_reader(control, hand_over)
    await over.wait()
    loop.remove_reader(control)
    if state.tasks:
        await asyncio.wait(set(state.tasks), timeout=LEAVE_WITHIN_S)


def _receiver(
    control: socket.socket, protocol: Callable[[], HttpToolsProtocol], over: asyncio.Event
) -> Callable[[], None]:
    """What is called when something is to be read from `control`."""
    connecting: set[asyncio.Task[object]] = set()

    def receive() -> None:
        try:
            said, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        except BlockingIOError:
            return
        except OSError:
            said, descriptors = b"", []
        if not said:
            over.set()
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(protocol, connection))
            connecting.add(task)
            task.add_done_callback(connecting.discard)

    return receive


class _FromPeers:
    """Puts the sender whom ingest names in its place."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, _, port = dict(scope["headers"]).get(PEER, b"").decode().rpartition(" ")
        scope["client"] = (host, int(port)) if host else None
        await self._app(scope, receive, send)
