"""Proxies in front of servers, in one thread of this process: they delay, hold back, redirect, and end at once."""

import asyncio
import re
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Self, cast

import uvloop

_REPLICA: Final = re.compile(rb"listening-port\r\n\$\d+\r\n(\d+)\r\n", re.IGNORECASE)
_SENTINEL: Final = re.compile(rb"\r\nsentinel-[0-9a-f]", re.IGNORECASE)


class Loop:
    """An event loop in a thread of its own, for any number of proxies."""

    def __init__(self) -> None:
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def call(self, do: Callable[[], Any]) -> Any:
        """Run this in the loop's thread, a coroutine to its end, and return what it returns."""

        async def run() -> Any:
            result = do()
            return await result if asyncio.iscoroutine(result) else result

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(60)

    def close(self) -> None:
        """End the thread, once closed connections have come to their end."""
        self.call(_end_tasks)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _end_tasks() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for _ in range(5):
        await asyncio.sleep(0.01)


class Proxy:
    """Pass bytes to `target`, a port of this machine, which may change: open connections stay where they are.

    A client is a `replica:<port>` or a `sentinel` once it says so, else a `client`.
    """

    def __init__(self, loop: Loop, target: int, port: int = 0) -> None:
        self._loop, self.target = loop, target
        self.lag_s: dict[str, float] = {}
        """How late bytes of clients of that kind pass, in both directions; a kind is the part before the colon."""
        self.lag_s_of: dict[str, float] = {}
        """The same of single clients, by their whole names; it comes first."""
        self._held: set[str] = set()
        self._links: set[_Link] = set()
        self._server: asyncio.Server | None = None
        self.port = port
        self.open()

    def open(self) -> None:
        """Listen, again after `die` on the same port."""

        async def listen() -> None:
            listener = socket.create_server(("127.0.0.1", self.port))
            self.port = listener.getsockname()[1]
            self._server = await self._loop.loop.create_server(lambda: _Link(self).client, sock=listener)

        self._loop.call(listen)

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def die(self) -> None:
        """Close everything at once; what was on its way is lost, as with a machine that loses power."""

        def close() -> None:
            if self._server is not None:
                self._server.close()
            self._server = None
            for link in list(self._links):
                link.abort()

        self._loop.call(close)

    def hold(self, *peers: str) -> None:
        """Pass nothing more from and to these clients, `replica:<port>`, `sentinel` or `client`, until `release`."""
        self._loop.call(lambda: self._held.update(peers))

    def release(self) -> None:
        """Pass everything again, also what was held."""

        def release() -> None:
            self._held.clear()
            for link in list(self._links):
                link.flush()

        self._loop.call(release)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.die()


class _Link:
    """One connection: the client's end and the server's."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy, self.peer = proxy, "client"
        self.client, self.server = _End(self), _End(self)
        self.client.other, self.server.other = self.server, self.client

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.server, "127.0.0.1", self.proxy.target)
        except OSError:
            self.abort()
        else:
            self.flush()
        if self not in self.proxy._links:
            self.abort()

    def learn(self, data: bytes) -> None:
        """Find out who the client is."""
        if found := _REPLICA.search(data):
            self.peer = f"replica:{found[1].decode()}"
        elif _SENTINEL.search(data):
            self.peer = "sentinel"

    @property
    def lag_s(self) -> float:
        kind = self.peer.partition(":")[0]
        return self.proxy.lag_s_of.get(self.peer, self.proxy.lag_s.get(kind, 0.0))

    @property
    def is_held(self) -> bool:
        return self.peer in self.proxy._held

    def flush(self) -> None:
        self.client.flush()
        self.server.flush()

    def abort(self) -> None:
        self.proxy._links.discard(self)
        for end in (self.client, self.server):
            if end.transport is not None:
                end.transport.abort()

    def opened(self) -> None:
        if not self.proxy.is_open:
            self.abort()
            return
        self.proxy._links.add(self)
        asyncio.get_running_loop().create_task(self.connect())


class _End(asyncio.Protocol):
    """What is read here is written at the other end, later and in order."""

    other: "_End"

    def __init__(self, link: _Link) -> None:
        self._link = link
        self._late: deque[tuple[float, bytes]] = deque()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        if self is self._link.client:
            self._link.opened()

    def data_received(self, data: bytes) -> None:
        if self is self._link.client and self._link.peer == "client":
            self._link.learn(data)
        now = asyncio.get_running_loop().time()
        self._late.append((now + self._link.lag_s, data))
        self.flush()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._link.is_held:  # the end of a connection does not pass a partition either
            self._link.abort()

    def flush(self) -> None:
        """Write what is due; come back for the rest."""
        out, loop = self.other.transport, asyncio.get_running_loop()
        if out is None or self._link.is_held:
            return
        if out.is_closing():
            self._link.abort()
            return
        while self._late and self._late[0][0] <= loop.time():
            out.write(self._late.popleft()[1])
        if self._late:
            loop.call_at(self._late[0][0], self.flush)
        elif self.transport is not None and self.transport.is_closing():
            self._link.abort()
