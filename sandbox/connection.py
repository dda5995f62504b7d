"""Break the TCP connection of a request with a real reset, or leave it hanging."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_NO_LINGER = struct.pack("ii", 1, 0)


class BreakableProtocol(HttpToolsProtocol):
    """Uvicorn's protocol; the application finds the transport in `scope["state"]["transport"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def shutdown(self) -> None:
        """Stop although a fault keeps a request waiting."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self.transport.abort()
        else:
            super().shutdown()


class Reset(Response):
    """No answer: reset the connection (RST, not FIN)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        reset(scope)
        await disconnected(receive)


class Hang(Response):
    """No answer: keep the connection open until the client closes it, or for `seconds`, then reset it."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        if not await disconnected(receive, self.seconds):
            reset(scope)
            await disconnected(receive)


def reset(scope: Scope) -> None:
    """Abort the connection of the request with a TCP reset."""
    transport: Any = scope["state"]["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


async def disconnected(receive: Receive, seconds: float | None = None) -> bool:
    """Wait until the client closes the connection, or for `seconds`; return whether it closed it."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
