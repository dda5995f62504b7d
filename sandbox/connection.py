"""The TCP connection under a request: broken off with a real reset, or left hanging."""

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_LINGER_NOT = struct.pack("ii", 1, 0)


class BreakableProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, with its transport within the application's reach as `scope["state"]["transport"]`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}

    def shutdown(self) -> None:
        """A request that is being kept waiting on purpose must not keep the server from stopping."""
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is not None and not cycle.response_complete:
            self.transport.abort()
        else:
            super().shutdown()


class Reset(Response):
    """No answer: the connection is reset (RST, not FIN)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        reset(scope)
        await disconnected(receive)


class Hang(Response):
    """No answer: the connection stays open until the client gives up, or for `seconds`, and is then reset."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's form
        if not await disconnected(receive, self.seconds):
            reset(scope)
            await disconnected(receive)


def reset(scope: Scope) -> None:
    """Abort the connection of this request with a TCP reset."""
    transport: Any = scope["state"]["transport"]
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()


async def disconnected(receive: Receive, seconds: float | None = None) -> bool:
    """Wait until the client is gone, or for `seconds`; whether it is gone."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True
