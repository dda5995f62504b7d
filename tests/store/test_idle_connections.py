"""Connections that are kept between commands: one for each command under way, opened again once they are closed."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as LateReply

from store import idle_connections
from store.client import connect_async
from store.idle_connections import IdleConnections, packed

ID = packed("CLIENT", "ID")


def run_on_loop(url: str, ask: Callable[[IdleConnections], Awaitable[Any]]) -> Any:
    """Return what `ask` returns, on an event loop of its own."""

    async def run() -> Any:
        client = connect_async(url)
        try:
            return await ask(IdleConnections(client))
        finally:
            await client.aclose()

    return asyncio.run(run())


@given(st.lists(st.binary() | st.text(st.characters(codec="utf-8")) | st.integers(), min_size=1))
def test_a_command_is_packed_as_the_client_packs_it(words: list[bytes | str | int]) -> None:
    """Whatever its words are."""
    pool: Any = connect_async("redis://127.0.0.1:1/0").connection_pool
    connection = pool.make_connection()
    assert packed("EVALSHA", *words) == b"".join(connection.pack_command("EVALSHA", *words))


def test_commands_one_after_another_use_one_connection(redis_url: str) -> None:
    """Also after one that Redis refused."""

    async def ask(connections: IdleConnections) -> set[int]:
        ids = {await connections.ask(ID)}
        with pytest.raises(ResponseError):
            await connections.ask(packed("EVAL", "redis.call('SET', 'a', 1) return redis.call('LPOP', 'a')", 0))
        return ids | {await connections.ask(ID)}

    assert len(run_on_loop(redis_url, ask)) == 1


def test_commands_at_once_have_a_connection_each(redis_url: str) -> None:
    """No reply is another command's."""

    async def ask(connections: IdleConnections) -> Any:
        return await asyncio.gather(*(connections.ask(packed("ECHO", number)) for number in range(20)))

    assert run_on_loop(redis_url, ask) == [b"%d" % number for number in range(20)]


def test_a_connection_that_the_server_closed_is_opened_again(redis_url: str) -> None:
    """The next command does not fail."""

    async def ask(connections: IdleConnections) -> tuple[int, int]:
        first = await connections.ask(ID)
        async with connect_async(redis_url) as other:
            await other.client_kill_filter(_id=first)
        assert await connections._idle[0][0]._reader.read() == b""  # the end has arrived
        return first, await connections.ask(ID)

    first, second = run_on_loop(redis_url, ask)
    assert first != second


def test_a_late_reply_is_never_read_as_another_commands(redis_url: str) -> None:
    """Its connection is closed."""

    async def ask(connections: IdleConnections) -> Any:
        with pytest.raises(LateReply):
            await connections.ask(packed("BLPOP", "empty", 0))
        return await connections.ask(packed("ECHO", "second"))

    assert run_on_loop(redis_url, ask) == b"second"


def test_commands_together_go_down_one_connection_and_have_a_reply_each(redis_url: str) -> None:
    """One that Redis refuses has its error, and what follows it is answered."""

    async def ask(connections: IdleConnections) -> Any:
        first, refused, third = await connections.ask_together(ID, packed("NO-SUCH"), ID)
        assert isinstance(refused, ResponseError)
        return first, third, await connections.ask(ID)

    assert len(set(run_on_loop(redis_url, ask))) == 1


def test_each_of_the_replies_has_its_time(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A script on a busy Redis and the WAIT after it may together take longer than one command."""
    monkeypatch.setattr(idle_connections, "SOCKET_TIMEOUT_S", 3.0)

    async def ask(connections: IdleConnections) -> Any:
        await connections.ask(ID)
        return await connections.ask_together(*[packed("BLPOP", "empty", 2)] * 2)

    assert run_on_loop(redis_url, ask) == [None, None]


@pytest.mark.parametrize("cancelled_at", range(8))
def test_replies_to_a_request_that_was_cancelled_are_never_read_as_anothers(redis_url: str, cancelled_at: int) -> None:
    """Before, between and after its replies."""

    async def ask(connections: IdleConnections) -> Any:
        await connections.ask(ID)
        asking = asyncio.create_task(connections.ask_together(packed("ECHO", "first"), packed("BLPOP", "empty", 1)))
        for _ in range(cancelled_at):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        return [await connections.ask(packed("ECHO", number)) for number in range(3)]

    assert run_on_loop(redis_url, ask) == [b"0", b"1", b"2"]


def test_connections_that_are_to_be_reopened_are_opened_again(redis_url: str) -> None:
    """Once."""

    async def ask(connections: IdleConnections) -> list[int]:
        ids = [await connections.ask(ID)]
        connections.reopen()
        return [*ids, await connections.ask(ID), await connections.ask(ID)]

    before, after, later = run_on_loop(redis_url, ask)
    assert before != after == later


class Between:
    """A load balancer between relay and Redis, which loses the connections that it has."""

    def __init__(self, url: str) -> None:
        self._redis = urlsplit(url)
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.Task[None]]] = []
        self.connections = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """Give the URL of Redis behind it."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}{self._redis.path}"
        finally:
            server.close()
            for writer, back in self._pairs:
                back.cancel()
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        of_redis, to_redis = await asyncio.open_connection(self._redis.hostname, self._redis.port)
        back = asyncio.create_task(_copy(of_redis, writer))
        self._pairs.append((writer, back))
        await _copy(reader, to_redis)
        to_redis.close()

    def forget(self) -> None:
        """Pass no more bytes, and say nothing."""
        for _, back in self._pairs:
            back.cancel()

    def reset(self) -> None:
        """Reset the connections."""
        for writer, _ in self._pairs:
            at_once = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


def test_a_connection_that_was_long_unused_is_opened_again(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load balancers and firewalls forget it without a word: the night's first event would not be appended."""
    between = Between(redis_url)

    async def ask() -> Any:
        async with between.listening() as url, connect_async(url) as client:
            connections = IdleConnections(client)
            await connections.ask(ID)
            between.forget()
            monkeypatch.setattr(idle_connections, "UNUSED_FOR_S", 0.0)
            return await connections.ask(packed("ECHO", "morning"))

    assert asyncio.run(ask()) == b"morning"
    assert between.connections == 2


def test_a_connection_that_was_reset_is_opened_again(redis_url: str) -> None:
    """No command is lost to find that out."""
    between = Between(redis_url)

    async def ask() -> Any:
        async with between.listening() as url, connect_async(url) as client:
            connections = IdleConnections(client)
            await connections.ask(ID)
            between.reset()
            with pytest.raises(ConnectionResetError):  # the reset has arrived
                await connections._idle[0][0]._reader.read()
            return await connections.ask(packed("ECHO", "next"))

    assert asyncio.run(ask()) == b"next"
