"""Serve the console in its own process, so that no page can delay a batch.

For each request, ingest sends one end of a socket pair over the control socket. When the control socket closes, this
process ends.
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
"""The header in which ingest names the sender of a request; ingest removes a header of this name that a sender set."""
NICENESS: Final = 5
"""Batches get the processor before pages."""
FINISH_WITHIN_S: Final = 5.0


def serve(app: ASGIApp, control: socket.socket) -> None:
    """Serve the connections that arrive over `control` until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for ingest, which then closes `control`
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    asyncio.run(_serve(app, control))


async def _serve(app: ASGIApp, control: socket.socket) -> None:
    config = uvicorn.Config(
        _WithPeer(app), ws="none", lifespan="off", proxy_headers=False, server_header=False, access_log=False,
        log_config=None,
    )  # fmt: skip
    config.load()
    state, loop, closed = ServerState(), asyncio.get_running_loop(), asyncio.Event()
    control.setblocking(False)
    receive = _receiver(control, lambda: HttpToolsProtocol(config, state, {}), closed)
    loop.add_reader(control, receive)
    await closed.wait()
    loop.remove_reader(control)
    if state.tasks:
        await asyncio.wait(set(state.tasks), timeout=FINISH_WITHIN_S)


def _receiver(
    control: socket.socket, protocol: Callable[[], HttpToolsProtocol], closed: asyncio.Event
) -> Callable[[], None]:
    """Return the callback that accepts a connection whenever `control` is readable."""
    connecting: set[asyncio.Task[object]] = set()

    def receive() -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        if not data:
            closed.set()
        for descriptor in descriptors:
            connection = socket.socket(fileno=descriptor)
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            task: asyncio.Task[object] = loop.create_task(loop.connect_accepted_socket(protocol, connection))
            connecting.add(task)
            task.add_done_callback(connecting.discard)

    return receive


class _WithPeer:
    """Put the sender that ingest names into the ASGI scope."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        host, _, port = dict(scope["headers"]).get(PEER, b"").decode().rpartition(" ")
        scope["client"] = (host, int(port)) if host else None
        await self._app(scope, receive, send)
